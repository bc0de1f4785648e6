//! Eligibility and delivery orders, as the database and the worker have them.

use super::{agents, arrives, decisions, finish, given, leaves, of, patient, set, with_strategy};
use crate::support::{Client, TestApp};
use serde_json::json;
use shared::ids::{CampaignId, InteractionId, UserId};
use std::time::Duration;

/// One after another comes in; who gets each.
fn round(app: &TestApp, campaign: CampaignId, numbers: std::ops::Range<usize>) -> Vec<(InteractionId, UserId)> {
    numbers
        .map(|number| {
            let id = arrives(app, campaign, number);
            (id, given(app, id).unwrap())
        })
        .collect()
}

fn on_break(client: &Client) {
    client.put("/presence/me", json!({ "mode": "break", "break_code": "rest" })).ok();
}

both_engines! {
    fn incall_gives_one_and_blocks_all_but_nopause(app, patient) {
        let incall = with_strategy(&app, "Uno", "incall", "linear", None);
        let nocall = with_strategy(&app, "Dos", "nocall", "linear", Some(3));
        let nopause = with_strategy(&app, "Tres", "nopause", "linear", None);
        let [ana] = agents(&app, ["ana"], &[incall, nocall, nopause]);
        let first = arrives(&app, incall, 1);
        assert_eq!(given(&app, first), Some(ana.user_id()));
        let (second, third, fourth) = (arrives(&app, incall, 2), arrives(&app, nocall, 3), arrives(&app, nopause, 4));
        assert_eq!(given(&app, second), None);
        assert_eq!(given(&app, third), None, "blocked");
        assert_eq!(given(&app, fourth), Some(ana.user_id()), "nopause ignores that block");
        finish(&ana, first);
        assert_eq!(given(&app, second), None, "she still holds one");
        assert_eq!(given(&app, third), Some(ana.user_id()));
        finish(&ana, third);
        finish(&ana, fourth);
        assert_eq!(given(&app, second), Some(ana.user_id()));
        on_break(&ana);
        let fifth = arrives(&app, nopause, 5);
        assert_eq!(given(&app, fifth), None, "a break counts for nopause, too");
    }

    fn interaction_counts_what_is_held_in_other_campaigns(app, patient) {
        let only = with_strategy(&app, "Uno", "interaction", "linear", None);
        let other = with_strategy(&app, "Dos", "nocall", "linear", Some(3));
        let [ana, beto] = agents(&app, ["ana", "beto"], &[only]);
        let [_] = agents(&app, ["ana"], &[other]);
        let held = arrives(&app, other, 1);
        assert_eq!(given(&app, held), Some(ana.user_id()));
        let id = arrives(&app, only, 2);
        assert_eq!(given(&app, id), Some(beto.user_id()));
        let decision = &decisions(&app, id)[0];
        assert_eq!(of(decision, &ana)["reasons"], json!(["holds_interaction"]));
        assert_eq!((&decision["cause"], &decision["eligibility"]), (&json!("order"), &json!("interaction")));
    }

    fn omni_gives_to_the_free_first_then_to_all_below_three(app, patient) {
        let omni = with_strategy(&app, "Uno", "omni", "linear", None);
        let [ana, beto] = agents(&app, ["ana", "beto"], &[omni]);
        let (ana, beto) = (ana.user_id(), beto.user_id());
        let got: Vec<UserId> = round(&app, omni, 0..6).into_iter().map(|(_, user)| user).collect();
        assert_eq!(got, [ana, beto, ana, ana, beto, beto], "three each by default");
        let id = arrives(&app, omni, 7);
        assert_eq!(given(&app, id), None);
    }

    fn rrmemory_remembers_through_a_restart_and_absences(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "rrmemory", Some(100));
        let [ana, beto, caro] = agents(&app, ["ana", "beto", "caro"], &[campaign]);
        let got: Vec<UserId> = round(&app, campaign, 0..4).into_iter().map(|(_, user)| user).collect();
        assert_eq!(got, [ana.user_id(), beto.user_id(), caro.user_id(), ana.user_id()]);
        on_break(&beto);
        let (id, user) = round(&app, campaign, 4..5)[0];
        assert_eq!(user, caro.user_id());
        let decision = &decisions(&app, id)[0];
        assert_eq!(decision["last_served"], json!(ana.user_id()));
        assert_eq!(of(decision, &beto)["reasons"], json!(["on_break"]));
        assert_eq!((&of(decision, &caro)["turn"], &of(decision, &caro)["rank"]), (&json!(2), &json!(1)));
        // Another process over the same database goes on where this one was.
        let core = app.posta.core.clone();
        let id = arrives(&app, campaign, 5);
        let now = core.now();
        app.write(|conn| {
            let at = posta::routing::queries::facts::Moment::at(now, Duration::from_secs(3_600));
            posta::routing::hand_out::hand_out(conn, campaign, at, &mut posta::routing::strategy::Seeded::new(1))
        });
        assert_eq!(given(&app, id), Some(ana.user_id()));
        leaves(&app, &beto);
        beto.put("/presence/me", json!({ "mode": "available" })).ok();
        assert_eq!(round(&app, campaign, 6..7)[0].1, caro.user_id(), "who has no live session gets nothing");
    }

    fn leastrecent_and_fewestcalls_go_by_what_was_finished(app, patient) {
        let least = with_strategy(&app, "Uno", "nocall", "leastrecent", Some(3));
        let people = agents(&app, ["ana", "beto", "caro"], &[least]);
        let [ana, beto, caro] = &people;
        // Nobody was served: in member order, each once before anyone twice.
        let first = round(&app, least, 0..3);
        assert_eq!(first.iter().map(|(_, user)| *user).collect::<Vec<_>>(), [ana.user_id(), beto.user_id(), caro.user_id()]);
        for (client, index) in [(caro, 2), (ana, 0), (beto, 1)] {
            app.advance(Duration::from_secs(10));
            finish(client, first[index].0);
        }
        let next = round(&app, least, 3..6);
        assert_eq!(next.iter().map(|(_, user)| *user).collect::<Vec<_>>(), [caro.user_id(), ana.user_id(), beto.user_id()]);
        let decision = &decisions(&app, next[1].0)[0];
        assert!(of(decision, ana)["last_ended_at"].is_string(), "{decision}");
        assert_eq!(of(decision, caro)["last_ended_at"], json!(null), "hers has not ended");

        let fewest = with_strategy(&app, "Dos", "nocall", "fewestcalls", Some(1));
        let _ = agents(&app, ["ana", "beto"], &[fewest]);
        for (number, client) in [(10, ana), (11, beto), (12, ana)] {
            let (id, user) = round(&app, fewest, number..number + 1)[0];
            assert_eq!(user, client.user_id(), "{number}");
            app.advance(Duration::from_secs(10));
            finish(client, id);
        }
        let (id, user) = round(&app, fewest, 13..14)[0];
        assert_eq!(user, beto.user_id(), "ana has finished two, beto one");
        let decision = &decisions(&app, id)[0];
        assert_eq!((&of(decision, ana)["finished_today"], &of(decision, beto)["finished_today"]), (&json!(2), &json!(1)));
    }

    fn chance_and_penalties_stand_in_the_decision(app, patient) {
        let weighted = with_strategy(&app, "Uno", "nocall", "wrandom", Some(100));
        let people = agents(&app, ["ana", "beto", "caro"], &[weighted]);
        let path = format!("/campaigns/{weighted}/members/{}", people[1].user_id());
        app.admin().put(&path, json!({ "penalty": 9 })).ok();
        for (id, user) in round(&app, weighted, 0..5) {
            let decision = &decisions(&app, id)[0];
            let drawn = |one: &Client| of(decision, one)["drawn"].as_f64().unwrap();
            let lowest = people.iter().min_by(|a, b| drawn(a).total_cmp(&drawn(b))).unwrap();
            assert_eq!(lowest.user_id(), user, "{decision}");
            assert!(people.iter().all(|one| (0.0..10_000.0).contains(&drawn(one))));
            assert!(drawn(&people[0]) < 1_000.0 && drawn(&people[2]) < 1_000.0);
            assert_eq!(of(decision, &people[1])["penalty"], 9);
        }
        let random = with_strategy(&app, "Dos", "nocall", "random", Some(100));
        let _ = agents(&app, ["ana", "beto"], &[random]);
        app.admin().put(&format!("/campaigns/{random}/members/{}", people[0].user_id()), json!({ "penalty": 1 })).ok();
        let got = round(&app, random, 10..14);
        assert!(got.iter().all(|(_, user)| *user == people[1].user_id()), "lower penalty goes first");
        let linear = with_strategy(&app, "Tres", "nocall", "linear", Some(2));
        let _ = agents(&app, ["caro", "ana"], &[linear]);
        let got: Vec<UserId> = round(&app, linear, 20..24).into_iter().map(|(_, user)| user).collect();
        let (ana, caro) = (people[0].user_id(), people[2].user_id());
        assert_eq!(got, [caro, caro, ana, ana], "first in member order, up to the maximum");
    }

    fn who_finished_rests(app, patient) {
        let campaign = with_strategy(&app, "Uno", "nocall", "linear", Some(2));
        set(&app, campaign, "wrap_up_seconds", 30);
        let [ana] = agents(&app, ["ana"], &[campaign]);
        let mut socket = ana.socket();
        socket.snapshot();
        let first = arrives(&app, campaign, 1);
        assert_eq!(given(&app, first), Some(ana.user_id()));
        finish(&ana, first);
        let told = socket.wait_for(|frame| frame["event"]["kind"] == "agent_state_changed");
        let until = told["event"]["state"]["wrap_up_until"].clone();
        assert!(until.is_string(), "{told}");
        assert_eq!(ana.get("/presence/me").ok()["wrap_up_until"], until);
        let second = arrives(&app, campaign, 2);
        assert_eq!(given(&app, second), None);
        app.advance(Duration::from_secs(31));
        assert_eq!(given(&app, second), Some(ana.user_id()), "it ends by itself");
        assert_eq!(ana.get("/presence/me").ok()["wrap_up_until"], json!(null));
        finish(&ana, second);
        let third = arrives(&app, campaign, 3);
        assert_eq!(given(&app, third), None);
        assert_eq!(ana.post("/presence/me/end-wrap-up", json!(null)).ok()["wrap_up_until"], json!(null));
        assert_eq!(given(&app, third), Some(ana.user_id()), "or when she says so");
        // Without the worker being told of time: what it sleeps is no longer than the rest.
        finish(&ana, third);
        let sleep = crate::support::block_on(posta::routing::worker::tick(app.posta.core.clone())).unwrap();
        assert!(sleep <= Duration::from_secs(5));
    }
}
