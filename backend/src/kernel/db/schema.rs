//! Tables as both engines have them. A test compares this file with freshly migrated databases.
#![expect(missing_docs, reason = "the columns are described in the migrations")]

diesel::table! {
    users (id) {
        id -> BigInt,
        login -> Text,
        login_folded -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Text,
        must_change_password -> Bool,
        enabled -> Bool,
        language -> Text,
        theme -> Text,
        single_key_shortcuts -> Bool,
        undo_send_seconds -> Integer,
        created_at -> BigInt,
        screen_monitoring -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        user_id -> BigInt,
        created_at -> BigInt,
        last_used_at -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        user_agent -> Text,
        address -> Text,
    }
}

diesel::table! {
    refresh_tokens (id) {
        id -> BigInt,
        session_id -> BigInt,
        token_hash -> Binary,
        issued_at -> BigInt,
        expires_at -> BigInt,
        rotated_at -> Nullable<BigInt>,
        successor_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    one_time_tokens (token_hash) {
        token_hash -> Binary,
        purpose -> Text,
        session_id -> Nullable<BigInt>,
        expires_at -> BigInt,
    }
}

diesel::table! {
    user_links (user_id) {
        user_id -> BigInt,
        token_hash -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    sign_in_failures (bucket) {
        bucket -> Text,
        failures -> Integer,
        last_failed_at -> BigInt,
        blocked_until -> BigInt,
    }
}

diesel::table! {
    templates (id) {
        id -> BigInt,
        kind -> Text,
        campaign_id -> Nullable<BigInt>,
        name -> Text,
        name_folded -> Text,
        shortcut -> Nullable<Text>,
        images -> Text,
        number -> Integer,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    template_versions (id) {
        id -> BigInt,
        template_id -> BigInt,
        number -> Integer,
        subject -> Text,
        format -> Text,
        source -> Text,
        css -> Text,
        html -> Text,
        plain -> Nullable<Text>,
        author_id -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    template_images (id) {
        id -> BigInt,
        token -> Text,
        name -> Text,
        content_type -> Text,
        size -> BigInt,
        sha256 -> Text,
        author_id -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    template_version_images (version_id, image_id) {
        version_id -> BigInt,
        image_id -> BigInt,
    }
}

diesel::table! {
    campaigns (id) {
        id -> BigInt,
        channel -> Text,
        name -> Text,
        name_folded -> Text,
        service_level_seconds -> Integer,
        from_name -> Text,
        eligibility -> Text,
        delivery_order -> Text,
        max_interactions -> Nullable<Integer>,
        default_priority -> Integer,
        priority_rules -> Text,
        max_in_queue -> Integer,
        last_agent_seconds -> Integer,
        offer_timeout_seconds -> Integer,
        wrap_up_seconds -> Integer,
        enabled -> Bool,
        receive -> Bool,
        import_days -> Integer,
        reply_token -> Text,
        schedule -> Text,
        thresholds -> Text,
        deleted_at -> Nullable<BigInt>,
        signature_template_id -> Nullable<BigInt>,
        confirmation_enabled -> Bool,
        confirmation_template_id -> Nullable<BigInt>,
        rating_enabled -> Bool,
        rating_prompt -> Text,
        rating_thanks -> Text,
        disposition_required -> Bool,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    user_campaigns (user_id, campaign_id) {
        user_id -> BigInt,
        campaign_id -> BigInt,
    }
}

diesel::table! {
    mail_accounts (id) {
        id -> BigInt,
        campaign_id -> BigInt,
        address -> Text,
        address_folded -> Text,
        login -> Text,
        sealed_password -> Binary,
        smtp_host -> Text,
        smtp_port -> Integer,
        smtp_security -> Text,
        inbound_protocol -> Text,
        imap_host -> Nullable<Text>,
        imap_port -> Nullable<Integer>,
        imap_security -> Nullable<Text>,
        allow_plaintext_password -> Bool,
        save_sent -> Bool,
        health -> Text,
        last_fetch_at -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        last_error_at -> Nullable<BigInt>,
        smtp_stopped -> Bool,
        revision -> BigInt,
        aliases -> Text,
        folders -> Text,
        after_storing -> Text,
        move_to -> Nullable<Text>,
        auth -> Text,
    }
}

diesel::table! {
    oauth_grants (account_id) {
        account_id -> BigInt,
        provider -> Text,
        login -> Nullable<Text>,
        sealed_refresh -> Binary,
        sealed_access -> Binary,
        access_until -> BigInt,
        expires_at -> Nullable<BigInt>,
        claim -> BigInt,
        claimed_by -> Nullable<Text>,
    }
}

diesel::table! {
    oauth_sign_ins (id) {
        id -> Text,
        state_hash -> Text,
        browser_hash -> Text,
        user_id -> BigInt,
        session_id -> BigInt,
        provider -> Text,
        redirect_uri -> Text,
        sealed_verifier -> Binary,
        state -> Text,
        taken -> Bool,
        login -> Nullable<Text>,
        error -> Nullable<Text>,
        sealed_tokens -> Nullable<Binary>,
        created_at -> BigInt,
    }
}

diesel::table! {
    members (campaign_id, user_id) {
        campaign_id -> BigInt,
        user_id -> BigInt,
        position -> Integer,
        penalty -> Integer,
        may_receive -> Bool,
        may_start -> Bool,
    }
}

diesel::table! {
    voice_campaigns (id) {
        id -> BigInt,
        name -> Text,
        name_folded -> Text,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    voice_members (voice_campaign_id, user_id) {
        voice_campaign_id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    break_kinds (code) {
        code -> Text,
        name_es -> Text,
        name_en -> Text,
        icon -> Text,
        position -> Integer,
        active -> Bool,
    }
}

diesel::table! {
    agent_states (user_id) {
        user_id -> BigInt,
        mode -> Text,
        break_code -> Nullable<Text>,
        since -> BigInt,
        wrap_up_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    external_loads (user_id) {
        user_id -> BigInt,
        in_call -> Bool,
        interactions -> Text,
        held -> Integer,
        expires_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    agent_state_changes (id) {
        id -> BigInt,
        user_id -> BigInt,
        at -> BigInt,
        online -> Bool,
        mode -> Text,
        break_code -> Nullable<Text>,
        in_call -> Bool,
        wrap_up_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    contacts (id) {
        id -> BigInt,
        name -> Text,
        name_by_agent -> Bool,
        address -> Text,
        address_folded -> Text,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    conversations (id) {
        id -> BigInt,
        campaign_id -> BigInt,
        contact_id -> BigInt,
        channel -> Text,
        subject -> Text,
        subject_folded -> Text,
        search_text -> Text,
        message_count -> Integer,
        last_message_at -> BigInt,
        last_snippet -> Text,
        last_agent_id -> Nullable<BigInt>,
        created_at -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    former_campaigns (conversation_id, campaign_id) {
        conversation_id -> BigInt,
        campaign_id -> BigInt,
    }
}

diesel::table! {
    dispositions (id) {
        id -> BigInt,
        campaign_id -> Nullable<BigInt>,
        position -> Integer,
        level -> Integer,
        name -> Text,
        path -> Text,
        leaf -> Bool,
        active -> Bool,
    }
}

diesel::table! {
    tags (id) {
        id -> BigInt,
        name -> Text,
        name_folded -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    conversation_tags (conversation_id, tag_id) {
        conversation_id -> BigInt,
        tag_id -> BigInt,
    }
}

diesel::table! {
    interactions (id) {
        id -> BigInt,
        conversation_id -> BigInt,
        campaign_id -> BigInt,
        channel -> Text,
        direction -> Text,
        state -> Text,
        agent_id -> Nullable<BigInt>,
        priority -> Integer,
        arrived_at -> BigInt,
        assigned_at -> Nullable<BigInt>,
        opened_at -> Nullable<BigInt>,
        first_response_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
        unread -> Bool,
        awaits_answer -> Bool,
        handed_back -> Bool,
        snoozed_until -> Nullable<BigInt>,
        disposition_id -> Nullable<BigInt>,
        rating -> Nullable<Integer>,
        version -> BigInt,
    }
}

diesel::table! {
    messages (id) {
        id -> BigInt,
        conversation_id -> BigInt,
        interaction_id -> Nullable<BigInt>,
        campaign_id -> BigInt,
        direction -> Text,
        kind -> Text,
        internet_message_id -> Text,
        in_reply_to -> Text,
        reference_ids -> Text,
        from_name -> Text,
        from_address -> Text,
        recipients -> Text,
        subject -> Text,
        snippet -> Text,
        from_stranger -> Bool,
        author_id -> Nullable<BigInt>,
        source_hash -> Nullable<Text>,
        source_size -> Nullable<BigInt>,
        remote_images -> Integer,
        dated_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    message_bodies (message_id) {
        message_id -> BigInt,
        plain -> Text,
        quote_at -> Nullable<Integer>,
        html -> Nullable<Text>,
    }
}

diesel::table! {
    drafts (id) {
        id -> BigInt,
        kind -> Text,
        author_id -> BigInt,
        campaign_id -> BigInt,
        conversation_id -> Nullable<BigInt>,
        interaction_id -> Nullable<BigInt>,
        reply_to_message_id -> Nullable<BigInt>,
        recipients -> Text,
        subject -> Text,
        html -> Text,
        conversation_version -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
        from_address -> Nullable<Text>,
    }
}

diesel::table! {
    attachments (id) {
        id -> BigInt,
        message_id -> Nullable<BigInt>,
        draft_id -> Nullable<BigInt>,
        name -> Text,
        content_type -> Text,
        size -> BigInt,
        sha256 -> Text,
        part -> Nullable<Integer>,
        inline -> Bool,
        content_id -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    blobs (sha256) {
        sha256 -> Text,
        size -> BigInt,
        stored_at -> BigInt,
    }
}

diesel::table! {
    activities (id) {
        id -> BigInt,
        conversation_id -> BigInt,
        interaction_id -> Nullable<BigInt>,
        kind -> Text,
        actor_id -> Nullable<BigInt>,
        note -> Text,
        target -> Nullable<Text>,
        until_at -> Nullable<BigInt>,
        at -> BigInt,
        edited_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sent_drafts (message_id) {
        message_id -> BigInt,
        kind -> Text,
        reply_to_message_id -> Nullable<BigInt>,
        html -> Text,
        conversation_version -> BigInt,
        finished -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    mailboxes (id) {
        id -> BigInt,
        account_id -> BigInt,
        folder -> Text,
        login -> Text,
        host -> Text,
        uid_validity -> Nullable<BigInt>,
        last_uid -> BigInt,
        skipped_to -> BigInt,
        history_to -> BigInt,
        opened_at -> BigInt,
        compared_at -> Nullable<BigInt>,
        expunged -> BigInt,
        last_fetch_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    fetched_mails (mailbox_id, uid_validity, uid) {
        mailbox_id -> BigInt,
        uid_validity -> BigInt,
        uid -> BigInt,
        fate -> Text,
        source_hash -> Nullable<Text>,
        message_id -> Nullable<BigInt>,
        to_act -> Bool,
    }
}

diesel::table! {
    quarantine (id) {
        id -> BigInt,
        mailbox_id -> BigInt,
        uid_validity -> BigInt,
        uid -> BigInt,
        size -> BigInt,
        source_hash -> Nullable<Text>,
        reason -> Text,
        attempts -> Integer,
        settled -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        message_id -> BigInt,
        account_id -> BigInt,
        campaign_id -> BigInt,
        conversation_id -> BigInt,
        author_id -> Nullable<BigInt>,
        source_hash -> Text,
        state -> Text,
        envelope_from -> Text,
        pending -> Text,
        failed -> Text,
        attempts -> Integer,
        due_at -> BigInt,
        tried_since -> BigInt,
        lease_owner -> Nullable<Text>,
        lease_at -> BigInt,
        last_reply -> Nullable<Text>,
        sent_at -> Nullable<BigInt>,
        copied -> Bool,
    }
}

diesel::table! {
    confirmations (campaign_id, address_folded) {
        campaign_id -> BigInt,
        address_folded -> Text,
        message_id -> BigInt,
        state -> Text,
        claimed_at -> BigInt,
    }
}

diesel::table! {
    ratings (id) {
        id -> BigInt,
        token_hash -> Binary,
        message_id -> BigInt,
        interaction_id -> BigInt,
        conversation_id -> BigInt,
        campaign_id -> BigInt,
        agent_id -> BigInt,
        language -> Text,
        expires_at -> BigInt,
        score -> Nullable<Integer>,
        comment -> Text,
        rated_at -> Nullable<BigInt>,
        changed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    round_memory (campaign_id) {
        campaign_id -> BigInt,
        last_served -> BigInt,
    }
}

diesel::table! {
    decisions (id) {
        id -> BigInt,
        interaction_id -> BigInt,
        campaign_id -> BigInt,
        at -> BigInt,
        eligibility -> Text,
        delivery_order -> Text,
        cause -> Text,
        winner -> BigInt,
        explanation -> Text,
    }
}

diesel::table! {
    events (seq) {
        seq -> BigInt,
        at -> BigInt,
        kind -> Text,
        campaign_id -> Nullable<BigInt>,
        audience -> Text,
        payload -> Text,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        at -> BigInt,
        actor_id -> Nullable<BigInt>,
        action -> Text,
        object -> Text,
        object_id -> Nullable<BigInt>,
        detail -> Text,
        previous_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    idempotency_keys (user_id, idempotency_key) {
        user_id -> BigInt,
        idempotency_key -> Text,
        fingerprint -> Text,
        status -> Integer,
        answer -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        owner -> Text,
        counter -> BigInt,
        fence -> BigInt,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::joinable!(one_time_tokens -> sessions (session_id));
diesel::joinable!(user_links -> users (user_id));
diesel::joinable!(user_campaigns -> campaigns (campaign_id));
diesel::joinable!(user_campaigns -> users (user_id));
diesel::joinable!(mail_accounts -> campaigns (campaign_id));
diesel::joinable!(oauth_grants -> mail_accounts (account_id));
diesel::joinable!(oauth_sign_ins -> users (user_id));
diesel::joinable!(templates -> campaigns (campaign_id));
diesel::joinable!(template_versions -> templates (template_id));
diesel::joinable!(template_versions -> users (author_id));
diesel::joinable!(template_version_images -> template_versions (version_id));
diesel::joinable!(template_version_images -> template_images (image_id));
diesel::joinable!(members -> users (user_id));
diesel::joinable!(members -> campaigns (campaign_id));
diesel::joinable!(agent_states -> break_kinds (break_code));
diesel::joinable!(agent_states -> users (user_id));
diesel::joinable!(voice_members -> users (user_id));
diesel::joinable!(voice_members -> voice_campaigns (voice_campaign_id));
diesel::joinable!(external_loads -> users (user_id));
diesel::joinable!(agent_state_changes -> users (user_id));
diesel::joinable!(conversations -> users (last_agent_id));
diesel::joinable!(conversations -> contacts (contact_id));
diesel::joinable!(conversations -> campaigns (campaign_id));
diesel::joinable!(interactions -> users (agent_id));
diesel::joinable!(interactions -> campaigns (campaign_id));
diesel::joinable!(interactions -> conversations (conversation_id));
diesel::joinable!(messages -> users (author_id));
diesel::joinable!(messages -> campaigns (campaign_id));
diesel::joinable!(messages -> interactions (interaction_id));
diesel::joinable!(messages -> conversations (conversation_id));
diesel::joinable!(message_bodies -> messages (message_id));
diesel::joinable!(drafts -> messages (reply_to_message_id));
diesel::joinable!(drafts -> interactions (interaction_id));
diesel::joinable!(drafts -> conversations (conversation_id));
diesel::joinable!(drafts -> campaigns (campaign_id));
diesel::joinable!(drafts -> users (author_id));
diesel::joinable!(attachments -> drafts (draft_id));
diesel::joinable!(attachments -> messages (message_id));
diesel::joinable!(mailboxes -> mail_accounts (account_id));
diesel::joinable!(fetched_mails -> messages (message_id));
diesel::joinable!(fetched_mails -> mailboxes (mailbox_id));
diesel::joinable!(quarantine -> mailboxes (mailbox_id));
diesel::joinable!(outbox -> users (author_id));
diesel::joinable!(outbox -> conversations (conversation_id));
diesel::joinable!(outbox -> campaigns (campaign_id));
diesel::joinable!(outbox -> mail_accounts (account_id));
diesel::joinable!(outbox -> messages (message_id));
diesel::joinable!(confirmations -> messages (message_id));
diesel::joinable!(ratings -> messages (message_id));
diesel::joinable!(round_memory -> users (last_served));
diesel::joinable!(round_memory -> campaigns (campaign_id));
diesel::joinable!(interactions -> dispositions (disposition_id));
diesel::joinable!(former_campaigns -> conversations (conversation_id));
diesel::joinable!(conversation_tags -> conversations (conversation_id));
diesel::joinable!(conversation_tags -> tags (tag_id));
diesel::joinable!(activities -> conversations (conversation_id));
diesel::joinable!(activities -> users (actor_id));
diesel::joinable!(decisions -> users (winner));
diesel::joinable!(decisions -> campaigns (campaign_id));
diesel::joinable!(decisions -> interactions (interaction_id));
diesel::joinable!(idempotency_keys -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    refresh_tokens,
    one_time_tokens,
    sign_in_failures,
    templates,
    template_versions,
    template_images,
    template_version_images,
    campaigns,
    user_campaigns,
    mail_accounts,
    oauth_grants,
    oauth_sign_ins,
    members,
    voice_campaigns,
    voice_members,
    settings,
    break_kinds,
    agent_states,
    external_loads,
    agent_state_changes,
    contacts,
    conversations,
    former_campaigns,
    dispositions,
    tags,
    conversation_tags,
    interactions,
    messages,
    message_bodies,
    drafts,
    activities,
    sent_drafts,
    attachments,
    blobs,
    mailboxes,
    fetched_mails,
    quarantine,
    outbox,
    confirmations,
    ratings,
    round_memory,
    decisions,
    events,
    audit_log,
    idempotency_keys,
    leases,
);
