//! The order of members: dense places 1 … n, each taken once. Pure.

use shared::ids::UserId;

/// The order with `user` in it. Without a `place` a member stays where he is and a newcomer goes to the end; with one
/// (1 first) the others move, and a place beyond the end means the end.
#[must_use]
pub fn placed(order: &[UserId], user: UserId, place: Option<i32>) -> Vec<UserId> {
    let Some(place) = place else {
        let mut same = order.to_vec();
        if !same.contains(&user) {
            same.push(user);
        }
        return same;
    };
    let mut others = without(order, user);
    let index = usize::try_from(place.saturating_sub(1)).unwrap_or(0).min(others.len());
    others.insert(index, user);
    others
}

/// The order without `user`.
#[must_use]
pub fn without(order: &[UserId], user: UserId) -> Vec<UserId> {
    order.iter().copied().filter(|member| *member != user).collect()
}

/// Each member with his place.
pub fn numbered(order: &[UserId]) -> impl Iterator<Item = (i32, UserId)> + '_ {
    (1..).zip(order.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn users(ids: &[i64]) -> Vec<UserId> {
        ids.iter().copied().map(UserId).collect()
    }

    #[test]
    fn newcomers_go_to_the_end_and_members_stay() {
        assert_eq!(placed(&[], UserId(7), None), users(&[7]));
        assert_eq!(placed(&users(&[1, 2]), UserId(7), None), users(&[1, 2, 7]));
        assert_eq!(placed(&users(&[1, 7, 2]), UserId(7), None), users(&[1, 7, 2]));
    }

    #[test]
    fn a_place_moves_the_others() {
        let order = users(&[1, 2, 3, 4]);
        assert_eq!(placed(&order, UserId(4), Some(1)), users(&[4, 1, 2, 3]));
        assert_eq!(placed(&order, UserId(1), Some(3)), users(&[2, 3, 1, 4]));
        assert_eq!(placed(&order, UserId(2), Some(2)), order);
        assert_eq!(placed(&order, UserId(9), Some(2)), users(&[1, 9, 2, 3, 4]));
        assert_eq!(placed(&order, UserId(1), Some(100_000)), users(&[2, 3, 4, 1]));
    }

    proptest! {
        #[test]
        fn places_stay_dense_and_unique(ids in proptest::collection::hash_set(1_i64..50, 0..20), user in 1_i64..50, place in proptest::option::of(-3_i32..60)) {
            let order: Vec<UserId> = ids.into_iter().map(UserId).collect();
            let moved = placed(&order, UserId(user), place);
            let places: Vec<i32> = numbered(&moved).map(|(place, _)| place).collect();
            prop_assert_eq!(&places, &(1..=i32::try_from(moved.len()).unwrap()).collect::<Vec<_>>());
            prop_assert_eq!(moved.iter().filter(|member| **member == UserId(user)).count(), 1);
            // The others keep their order among themselves.
            prop_assert_eq!(without(&moved, UserId(user)), without(&order, UserId(user)));
        }
    }
}
