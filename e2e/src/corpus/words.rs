//! What customers are called and what they write about, in Spanish and English.

use super::rng::Rng;

/// The language of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Spanish.
    Spanish,
    /// English.
    English,
}

/// Somebody who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Display name, decoded.
    pub name: String,
    /// Address.
    pub address: String,
    /// The language he writes in.
    pub language: Language,
}

const FIRST_ES: &[&str] = &[
    "Ana",
    "José",
    "María",
    "Íñigo",
    "Lucía",
    "Jesús",
    "Begoña",
    "Álvaro",
    "Concepción",
    "Raúl",
    "Inés",
    "Martín",
    "Sofía",
    "Núria",
    "Andrés",
    "Mónica",
    "Óscar",
    "Pilar",
    "Joaquín",
    "Verónica",
    "Xoán",
    "Rocío",
    "Germán",
    "Teresa",
];
const LAST_ES: &[&str] = &[
    "García",
    "Muñoz",
    "Peña Núñez",
    "Ibáñez",
    "de la Fuente",
    "Gutiérrez",
    "Martínez",
    "Ortega y Gasset",
    "Sánchez",
    "Zúñiga",
    "López",
    "Castaño",
    "Ruiz",
    "Etxeberria",
    "Pérez-Llorca",
    "Agüero",
    "Domínguez",
    "Vázquez",
    "Rodríguez",
];
const FIRST_EN: &[&str] = &[
    "James",
    "Olivia",
    "Siobhán",
    "Noah",
    "Emma",
    "Zoë",
    "Liam",
    "Charlotte",
    "Chloé",
    "Harry",
    "Aisha",
    "Priya",
    "Tom",
    "Grace",
    "Renée",
    "Oscar",
    "Hannah",
    "Callum",
];
const LAST_EN: &[&str] = &[
    "Smith",
    "O'Connor",
    "Brontë",
    "Taylor-Jones",
    "Nguyen",
    "Patel",
    "Murphy",
    "Fitzgerald",
    "Brown",
    "MacDonald",
    "Young",
    "Müller",
    "Evans",
    "Wright",
    "Khan",
    "Clarke",
];
const DOMAINS: &[&str] =
    &["cliente.test", "correo.example", "example.com", "example.net", "hogar.test", "acme.example"];
/// What is bought, in both languages.
const GOODS: &[(&str, &str)] = &[
    ("la lavadora", "the washing machine"),
    ("el router", "the router"),
    ("la cafetera exprés", "the espresso machine"),
    ("el colchón de 150", "the double mattress"),
    ("las zapatillas de niño", "the children's trainers"),
    ("el contrato de fibra", "the broadband contract"),
    ("la línea móvil", "the mobile line"),
    ("el seguro del hogar", "the home insurance"),
    ("el aire acondicionado", "the air conditioner"),
    ("la silla de oficina", "the office chair"),
];
const SUBJECTS: &[(&str, &str)] = &[
    ("Factura {number}: importe que no reconozco", "Invoice {number}: a charge I do not recognise"),
    ("Pedido {number} sin entregar", "Order {number} not delivered"),
    ("Reclamación por {goods}", "Complaint about {goods}"),
    ("Devolución de {goods} (pedido {number})", "Returning {goods} (order {number})"),
    ("¿Cuándo llega mi pedido {number}?", "When will my order {number} arrive?"),
    ("Cambio de domicilio y de cuenta bancaria", "Change of address and bank account"),
    ("Solicito el duplicado de la factura {number}", "Please send a copy of invoice {number}"),
    ("Baja del servicio", "Cancelling my service"),
    ("No funciona {goods}", "Problem with {goods}"),
    ("Presupuesto n.º {number}", "Quotation no. {number}"),
    ("Gracias por la atención recibida", "Thank you for your help"),
    ("URGENTE: cobro duplicado", "URGENT: charged twice"),
    ("Cita con el técnico", "Appointment with the engineer"),
    ("Garantía de {goods}", "Warranty for {goods}"),
];
const SENTENCES: &[(&str, &str)] = &[
    (
        "Les escribo porque {goods} que compré el día {day} todavía no ha llegado.",
        "I am writing because {goods} I bought on the {day}th has not arrived yet.",
    ),
    (
        "El número de pedido es {number} y el importe, {amount} EUR.",
        "The order number is {number} and the amount {amount} GBP.",
    ),
    (
        "En la última factura aparece un cargo de {amount} EUR que no reconozco.",
        "My last invoice shows a charge of {amount} GBP which I do not recognise.",
    ),
    (
        "He llamado tres veces y nadie me ha sabido dar una solución.",
        "I have called three times and nobody was able to help.",
    ),
    (
        "Adjunto la factura y una fotografía para que puedan comprobarlo.",
        "Please find the invoice and a photograph enclosed so that you can check.",
    ),
    (
        "El técnico vino el martes por la mañana, pero no traía la pieza.",
        "The engineer came on Tuesday morning but did not bring the part.",
    ),
    ("¿Podrían indicarme en qué plazo se hará la devolución?", "Could you tell me how long the refund will take?"),
    (
        "Mi dirección nueva es calle Alcalá, {day}, 3.º izquierda, 28014 Madrid.",
        "My new address is {day} Abbey Road, London NW8 9AY.",
    ),
    (
        "Desde ayer {goods} hace un ruido extraño y se apaga.",
        "Since yesterday {goods} makes a strange noise and switches itself off.",
    ),
    (
        "Según las condiciones de la garantía, la reparación debería ser gratuita.",
        "According to the warranty the repair should be free of charge.",
    ),
    (
        "Les ruego que cancelen la renovación automática antes del día {day}.",
        "Please cancel the automatic renewal before the {day}th.",
    ),
    (
        "Si no recibo respuesta esta semana, pondré una reclamación en Consumo.",
        "If I do not hear from you this week I shall complain to the ombudsman.",
    ),
    (
        "Quedo a la espera de sus noticias y les agradezco de antemano la atención.",
        "I look forward to your answer and thank you in advance.",
    ),
    (
        "La referencia de la incidencia que me dieron por teléfono es {number}.",
        "The reference I was given on the phone is {number}.",
    ),
    (
        "También quisiera saber si hay algún descuento para clientes antiguos.",
        "I would also like to know whether there is a discount for existing customers.",
    ),
    (
        "Perdonen la insistencia, pero necesito resolver esto cuanto antes.",
        "Sorry to insist, but I need this solved as soon as possible.",
    ),
    (
        "El código de seguimiento del envío dice «en reparto» desde hace cinco días.",
        "The tracking page has said \"out for delivery\" for five days.",
    ),
    (
        "Me cobraron los gastos de envío dos veces: {amount} EUR en total.",
        "I was charged for postage twice: {amount} GBP altogether.",
    ),
];

/// Makes up a customer.
pub fn person(rng: &mut Rng) -> Person {
    let language = if rng.percent(65) { Language::Spanish } else { Language::English };
    let (first, last) = match language {
        Language::Spanish => (rng.pick(FIRST_ES), rng.pick(LAST_ES)),
        Language::English => (rng.pick(FIRST_EN), rng.pick(LAST_EN)),
    };
    let local = match rng.between(0, 2) {
        0 => format!("{first}.{last}"),
        1 => format!("{first}{}", rng.between(1, 999)),
        _ => format!("{}{last}{}", first.chars().next().unwrap_or('x'), rng.between(1, 99)),
    };
    let address = format!("{}@{}", plain(&local), rng.pick(DOMAINS));
    Person { name: format!("{first} {last}"), address, language }
}

/// A name as the local part of an address: ASCII letters, digits, dots and hyphens.
pub fn plain(text: &str) -> String {
    let flat = |letter: char| match letter {
        'á' | 'Á' => 'a',
        'é' | 'ë' | 'É' => 'e',
        'í' | 'Í' => 'i',
        'ó' | 'ö' | 'Ó' => 'o',
        'ú' | 'ü' | 'Ú' => 'u',
        'ñ' => 'n',
        other => other.to_ascii_lowercase(),
    };
    text.chars().map(flat).filter(|letter| letter.is_ascii_alphanumeric() || ".-".contains(*letter)).collect()
}

fn filled(rng: &mut Rng, pair: (&str, &str), language: Language) -> String {
    let goods = rng.pick(GOODS);
    let (text, goods) = match language {
        Language::Spanish => (pair.0, goods.0),
        Language::English => (pair.1, goods.1),
    };
    let number = format!("{}-{:05}", rng.between(2023, 2026), rng.between(1, 99_999));
    let amount = format!("{},{:02}", rng.between(3, 1_900), rng.between(0, 99));
    text.replace("{goods}", goods)
        .replace("{number}", &number)
        .replace("{amount}", &amount)
        .replace("{day}", &rng.between(4, 28).to_string())
}

/// A subject.
pub fn subject(rng: &mut Rng, language: Language) -> String {
    let pair = rng.pick(SUBJECTS);
    filled(rng, pair, language)
}

/// One sentence.
pub fn sentence(rng: &mut Rng, language: Language) -> String {
    let pair = rng.pick(SENTENCES);
    filled(rng, pair, language)
}

/// A letter of about so many bytes: greeting, paragraphs, farewell and name, lines parted by LF.
pub fn letter(rng: &mut Rng, writer: &Person, size: usize) -> String {
    let (greeting, farewell) = match writer.language {
        Language::Spanish => ("Buenos días:", "Un saludo,"),
        Language::English => ("Dear Sir or Madam,", "Kind regards,"),
    };
    let mut text = format!("{greeting}\n\n");
    loop {
        for _ in 0..rng.between(1, 4) {
            text.push_str(&sentence(rng, writer.language));
            text.push(' ');
        }
        text.truncate(text.trim_end().len());
        text.push_str("\n\n");
        if text.len() >= size {
            break;
        }
    }
    text.push_str(&format!("{farewell}\n{}\n", writer.name));
    text
}
