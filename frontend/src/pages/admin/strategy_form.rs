//! How a campaign hands out and in which order its queue stands (S6, S16, S26, S42), as typed.

use super::form::number;
use leptos::prelude::*;
use shared::{
    api::campaigns::{
        CampaignInput, CampaignView, DEFAULT_MAX_INTERACTIONS, DEFAULT_PRIORITY, DeliveryOrder, Eligibility,
        PriorityField, PriorityMatch, PriorityRule,
    },
    validate::FieldIssue,
};

/// A strategy in a form. Cheap to copy.
#[derive(Clone, Copy)]
pub struct StrategyForm {
    /// Eligibility, as its word.
    pub eligibility: RwSignal<String>,
    /// Delivery order, as its word.
    pub order: RwSignal<String>,
    /// Most interactions an agent holds.
    pub max: RwSignal<String>,
    /// Priority of what comes in.
    pub priority: RwSignal<String>,
    /// How many are in the running at once.
    pub window: RwSignal<String>,
    /// Seconds for which the last agent is preferred.
    pub last_agent: RwSignal<String>,
    /// Seconds in which an offer must be opened.
    pub offer: RwSignal<String>,
    /// Seconds of rest after finishing.
    pub wrap_up: RwSignal<String>,
    /// Priorities by sender or subject.
    pub rules: RwSignal<Vec<RuleRow>>,
    next_key: StoredValue<u32>,
}

/// A priority rule. Cheap to copy.
#[derive(Clone, Copy)]
pub struct RuleRow {
    /// Names the row while it is on the screen.
    pub key: u32,
    /// What is looked at, as its word.
    pub field: RwSignal<String>,
    /// How it is compared, as its word.
    pub matching: RwSignal<String>,
    /// With what.
    pub pattern: RwSignal<String>,
    /// The priority.
    pub priority: RwSignal<String>,
}

impl StrategyForm {
    /// The defaults.
    pub fn new() -> Self {
        let text = |text: &str| RwSignal::new(text.to_string());
        Self {
            eligibility: text(Eligibility::Nocall.as_str()),
            order: text(DeliveryOrder::Rrmemory.as_str()),
            max: RwSignal::new(DEFAULT_MAX_INTERACTIONS.to_string()),
            priority: RwSignal::new(DEFAULT_PRIORITY.to_string()),
            window: text("0"),
            last_agent: text("0"),
            offer: text("0"),
            wrap_up: text("0"),
            rules: RwSignal::new(Vec::new()),
            next_key: StoredValue::new(0),
        }
    }

    /// Takes over a campaign's.
    pub fn set(self, campaign: &CampaignView) {
        self.eligibility.set(campaign.eligibility.as_str().into());
        self.order.set(campaign.delivery_order.as_str().into());
        self.max.set(campaign.max_interactions.map(|max| max.to_string()).unwrap_or_default());
        self.priority.set(campaign.default_priority.to_string());
        self.window.set(campaign.max_in_queue.to_string());
        self.last_agent.set(campaign.last_agent_seconds.to_string());
        self.offer.set(campaign.offer_timeout_seconds.to_string());
        self.wrap_up.set(campaign.wrap_up_seconds.to_string());
        self.rules.set(campaign.priority_rules.iter().map(|rule| self.row(rule)).collect());
    }

    /// All fields of one line, as typed.
    pub fn texts(self) -> [RwSignal<String>; 8] {
        [self.eligibility, self.order, self.max, self.priority, self.window, self.last_agent, self.offer, self.wrap_up]
    }

    /// The eligibility that is chosen; reactive.
    pub fn chosen(self) -> Eligibility {
        self.eligibility.with(|word| word.parse().unwrap_or(Eligibility::Nocall))
    }

    /// Puts everything into the request; what is no number is an issue.
    pub fn fill(self, input: &mut CampaignInput, issues: &mut Vec<FieldIssue>) {
        input.eligibility = untrack(|| self.chosen());
        input.delivery_order = self.order.with_untracked(|word| word.parse().unwrap_or(DeliveryOrder::Rrmemory));
        let no_max = self.max.with_untracked(|max| max.trim().is_empty());
        // What has no meaning for the rule is kept, but must not stand in its way.
        let unused = input.eligibility.maximum(Some(1)).is_none();
        input.max_interactions = if no_max {
            None
        } else if unused {
            self.max.with_untracked(|max| max.trim().parse().ok()).filter(|max| (1..=1_000).contains(max))
        } else {
            Some(number("max_interactions", self.max, 1, 1_000, issues))
        };
        input.default_priority = number("default_priority", self.priority, 1, 9, issues);
        input.max_in_queue = number("max_in_queue", self.window, 0, 100_000, issues);
        input.last_agent_seconds = number("last_agent_seconds", self.last_agent, 0, 2_592_000, issues);
        input.offer_timeout_seconds = number("offer_timeout_seconds", self.offer, 0, 86_400, issues);
        input.wrap_up_seconds = number("wrap_up_seconds", self.wrap_up, 0, 3_600, issues);
        input.priority_rules = self.read_rules(issues);
    }

    /// The rules as they stand.
    pub fn read_rules(self, issues: &mut Vec<FieldIssue>) -> Vec<PriorityRule> {
        self.rules.with_untracked(|rows| {
            let rule = |(index, row): (usize, &RuleRow)| PriorityRule {
                field: row.field.with_untracked(|word| word.parse().unwrap_or(PriorityField::Sender)),
                matching: row.matching.with_untracked(|word| word.parse().unwrap_or(PriorityMatch::Contains)),
                pattern: row.pattern.with_untracked(|text| text.trim().to_string()),
                priority: number(&format!("priority_rules/{index}/priority"), row.priority, 1, 9, issues),
            };
            rows.iter().enumerate().map(rule).collect()
        })
    }

    /// Adds a rule, to be filled in: what it looks for goes first.
    pub fn add_rule(self) {
        let rule = PriorityRule {
            field: PriorityField::Sender,
            matching: PriorityMatch::Contains,
            pattern: String::new(),
            priority: 1,
        };
        let row = self.row(&rule);
        self.rules.update(|rows| rows.push(row));
    }

    /// Takes a rule out.
    pub fn remove_rule(self, key: u32) {
        self.rules.update(|rows| rows.retain(|row| row.key != key));
    }

    fn row(self, rule: &PriorityRule) -> RuleRow {
        self.next_key.update_value(|key| *key = key.saturating_add(1));
        RuleRow {
            key: self.next_key.get_value(),
            field: RwSignal::new(rule.field.as_str().into()),
            matching: RwSignal::new(rule.matching.as_str().into()),
            pattern: RwSignal::new(rule.pattern.clone()),
            priority: RwSignal::new(rule.priority.to_string()),
        }
    }
}
