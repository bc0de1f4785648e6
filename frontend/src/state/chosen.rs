//! What is marked in a list: few things, so a list of them does.

/// Marked things, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen<T>(Vec<T>);

impl<T> Default for Chosen<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Chosen<T> {
    /// These.
    pub fn of(list: &[T]) -> Self {
        Self(list.to_vec())
    }

    /// Marks or unmarks.
    pub fn set(&mut self, item: T, on: bool) {
        match (on, self.contains(item)) {
            (true, false) => self.0.push(item),
            (false, true) => self.0.retain(|known| *known != item),
            _ => {}
        }
    }

    /// Unmarks what is not wanted. Whether anything was.
    pub fn retain(&mut self, wanted: impl FnMut(&T) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(wanted);
        self.0.len() != before
    }

    /// Whether it is marked.
    pub fn contains(&self, item: T) -> bool {
        self.0.contains(&item)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order of marking.
    pub fn to_vec(&self) -> Vec<T> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_marked_once() {
        let mut chosen = Chosen::of(&[1]);
        chosen.set(2, true);
        chosen.set(2, true);
        chosen.set(1, false);
        assert_eq!(chosen.to_vec(), [2]);
        assert!(chosen.contains(2) && !chosen.contains(1));
        assert!(!chosen.retain(|item| *item == 2));
        assert!(chosen.retain(|item| *item != 2) && chosen.is_empty());
    }
}
