-- What the first release stores. Times are milliseconds since 1970-01-01 UTC; closed sets and JSON are text with a
-- CHECK where the set is closed. The two engines carry the same tables; a test compares them.

-- People -----------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    login TEXT NOT NULL,
    login_folded TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('administrator', 'supervisor', 'agent')),
    password_hash TEXT NOT NULL,
    must_change_password BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('es', 'en')),
    theme TEXT NOT NULL CHECK (theme IN ('system', 'light', 'dark')),
    single_key_shortcuts BOOLEAN NOT NULL,
    undo_send_seconds INTEGER NOT NULL CHECK (undo_send_seconds BETWEEN 0 AND 60),
    created_at BIGINT NOT NULL,
    -- Supervisors may watch his screen (S77).
    screen_monitoring BOOLEAN NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE sessions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE refresh_tokens (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    session_id BIGINT NOT NULL REFERENCES sessions (id),
    token_hash BLOB NOT NULL UNIQUE,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    rotated_at BIGINT,
    successor_id BIGINT
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

-- One-time secrets: set-up links and socket tickets.
CREATE TABLE one_time_tokens (
    token_hash BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('setup', 'socket')),
    session_id BIGINT REFERENCES sessions (id),
    expires_at BIGINT NOT NULL
);

-- Links by which users choose their password: an invitation, or a reset. One a user.
CREATE TABLE user_links (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
    token_hash BLOB NOT NULL UNIQUE,
    expires_at BIGINT NOT NULL
);

-- Failed sign-ins, per account and per network.
CREATE TABLE sign_in_failures (
    bucket TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_failed_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);

-- Templates --------------------------------------------------------------------------------------------------------

CREATE TABLE templates (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('signature', 'confirmation', 'reply', 'mass_mail')),
    -- Offered in this campaign only; without one, in all.
    campaign_id BIGINT REFERENCES campaigns (id),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    shortcut TEXT,
    images TEXT NOT NULL CHECK (images IN ('inline', 'link')),
    -- Number of the newest version of the content.
    number INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX templates_campaign ON templates (campaign_id);

-- What a template says. Never changed: each save makes a new one.
CREATE TABLE template_versions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    template_id BIGINT NOT NULL REFERENCES templates (id),
    number INTEGER NOT NULL,
    subject TEXT NOT NULL,
    format TEXT NOT NULL CHECK (format IN ('html', 'mjml')),
    source TEXT NOT NULL,
    -- Cleaned: style sheet and body apart, pictures of ours as `cid:`.
    css TEXT NOT NULL,
    html TEXT NOT NULL,
    -- Text part of its own; without one it is made from the HTML.
    plain TEXT,
    author_id BIGINT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    UNIQUE (template_id, number)
);

CREATE TABLE template_images (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    author_id BIGINT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL
);
CREATE INDEX template_images_sha256 ON template_images (sha256);
CREATE INDEX template_images_created ON template_images (created_at);

CREATE TABLE template_version_images (
    version_id BIGINT NOT NULL REFERENCES template_versions (id),
    image_id BIGINT NOT NULL REFERENCES template_images (id),
    PRIMARY KEY (version_id, image_id)
);
CREATE INDEX template_version_images_image ON template_version_images (image_id);

-- Campaigns --------------------------------------------------------------------------------------------------------

CREATE TABLE campaigns (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL CHECK (channel IN ('email')),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    service_level_seconds INTEGER NOT NULL CHECK (service_level_seconds > 0),
    from_name TEXT NOT NULL,
    eligibility TEXT NOT NULL CHECK (eligibility IN ('incall', 'nocall', 'interaction', 'ringall', 'ringallmultiple', 'omni', 'nopause')),
    delivery_order TEXT NOT NULL CHECK (delivery_order IN ('rrmemory', 'wrandom', 'leastrecent', 'fewestcalls', 'random', 'linear')),
    max_interactions INTEGER CHECK (max_interactions > 0),
    default_priority INTEGER NOT NULL DEFAULT 5 CHECK (default_priority BETWEEN 1 AND 9),
    -- JSON: field, matching, pattern, priority; the first that fits counts.
    priority_rules TEXT NOT NULL DEFAULT '[]',
    max_in_queue INTEGER NOT NULL DEFAULT 0 CHECK (max_in_queue >= 0),
    last_agent_seconds INTEGER NOT NULL DEFAULT 0 CHECK (last_agent_seconds >= 0),
    offer_timeout_seconds INTEGER NOT NULL DEFAULT 0 CHECK (offer_timeout_seconds >= 0),
    wrap_up_seconds INTEGER NOT NULL DEFAULT 0 CHECK (wrap_up_seconds >= 0),
    enabled BOOLEAN NOT NULL,
    receive BOOLEAN NOT NULL,
    import_days INTEGER NOT NULL,
    reply_token TEXT NOT NULL CHECK (reply_token IN ('body', 'address', 'off')),
    -- JSON: zone, spans, holidays.
    schedule TEXT NOT NULL,
    -- JSON: seconds, counts, percent.
    thresholds TEXT NOT NULL,
    signature_template_id BIGINT REFERENCES templates (id),
    confirmation_enabled BOOLEAN NOT NULL,
    confirmation_template_id BIGINT REFERENCES templates (id),
    rating_enabled BOOLEAN NOT NULL,
    rating_prompt TEXT NOT NULL,
    rating_thanks TEXT NOT NULL,
    -- Nothing is finished without one.
    disposition_required BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    -- Its history stays; its name is free again.
    deleted_at BIGINT,
    version BIGINT NOT NULL
);

CREATE TABLE user_campaigns (
    user_id BIGINT NOT NULL REFERENCES users (id),
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    PRIMARY KEY (user_id, campaign_id)
);

CREATE TABLE mail_accounts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    campaign_id BIGINT NOT NULL UNIQUE REFERENCES campaigns (id),
    address TEXT NOT NULL,
    address_folded TEXT NOT NULL,
    login TEXT NOT NULL,
    sealed_password BLOB NOT NULL,
    smtp_host TEXT NOT NULL,
    smtp_port INTEGER NOT NULL CHECK (smtp_port BETWEEN 1 AND 65535),
    smtp_security TEXT NOT NULL CHECK (smtp_security IN ('starttls', 'implicit', 'none')),
    inbound_protocol TEXT NOT NULL CHECK (inbound_protocol IN ('imap', 'pop3')),
    imap_host TEXT,
    imap_port INTEGER CHECK (imap_port BETWEEN 1 AND 65535),
    imap_security TEXT CHECK (imap_security IN ('starttls', 'implicit', 'none')),
    allow_plaintext_password BOOLEAN NOT NULL,
    save_sent BOOLEAN NOT NULL,
    health TEXT NOT NULL CHECK (health IN ('unknown', 'connected', 'failing', 'stopped', 'off')),
    last_fetch_at BIGINT,
    last_error TEXT,
    last_error_at BIGINT,
    smtp_stopped BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    -- JSON: further addresses by which it writes.
    aliases TEXT NOT NULL,
    -- JSON: the folders that are read, the one that is watched first.
    folders TEXT NOT NULL,
    after_storing TEXT NOT NULL CHECK (after_storing IN ('leave', 'mark_seen', 'move')),
    move_to TEXT,
    auth TEXT NOT NULL CHECK (auth IN ('password', 'oauth2'))
);

-- What an account was granted by its provider, in place of a password.
CREATE TABLE oauth_grants (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES mail_accounts (id),
    provider TEXT NOT NULL CHECK (provider IN ('google', 'microsoft', 'generic')),
    login TEXT,
    sealed_refresh BLOB NOT NULL,
    sealed_access BLOB NOT NULL,
    -- Until when the access token is used: a while before it ends.
    access_until BIGINT NOT NULL,
    expires_at BIGINT,
    -- Grows with each refresh; who is at it.
    claim BIGINT NOT NULL,
    claimed_by TEXT
);

-- Sign-ins at providers that are under way, and what they brought until the form is saved.
CREATE TABLE oauth_sign_ins (
    id TEXT NOT NULL PRIMARY KEY,
    state_hash TEXT NOT NULL UNIQUE,
    browser_hash TEXT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id),
    session_id BIGINT NOT NULL,
    provider TEXT NOT NULL CHECK (provider IN ('google', 'microsoft', 'generic')),
    redirect_uri TEXT NOT NULL,
    sealed_verifier BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'granted', 'failed')),
    taken BOOLEAN NOT NULL,
    login TEXT,
    error TEXT,
    sealed_tokens BLOB,
    created_at BIGINT NOT NULL
);

CREATE TABLE members (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    position INTEGER NOT NULL,
    penalty INTEGER NOT NULL CHECK (penalty BETWEEN 0 AND 100),
    may_receive BOOLEAN NOT NULL,
    may_start BOOLEAN NOT NULL,
    PRIMARY KEY (campaign_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

-- Campaigns of telephony, which is not ours: names with members.
CREATE TABLE voice_campaigns (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE voice_members (
    voice_campaign_id BIGINT NOT NULL REFERENCES voice_campaigns (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (voice_campaign_id, user_id)
);
CREATE INDEX voice_members_user ON voice_members (user_id);

-- Settings that an administrator changes while it runs. One that has no row has its default.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Presence ---------------------------------------------------------------------------------------------------------

CREATE TABLE break_kinds (
    code TEXT NOT NULL PRIMARY KEY,
    name_es TEXT NOT NULL,
    name_en TEXT NOT NULL,
    icon TEXT NOT NULL,
    position INTEGER NOT NULL,
    -- Off: it can no longer be chosen, and names what was.
    active BOOLEAN NOT NULL
);
INSERT INTO break_kinds (code, name_es, name_en, icon, position, active) VALUES
    ('lunch', 'Comida', 'Lunch', 'utensils', 1, TRUE),
    ('rest', 'Descanso', 'Rest', 'coffee', 2, TRUE),
    ('training', 'Formación', 'Training', 'graduation-cap', 3, TRUE),
    ('meeting', 'Reunión', 'Meeting', 'users', 4, TRUE);

CREATE TABLE agent_states (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
    mode TEXT NOT NULL CHECK (mode IN ('available', 'break')),
    break_code TEXT REFERENCES break_kinds (code),
    since BIGINT NOT NULL,
    -- He rests after what he finished until then.
    wrap_up_until BIGINT
);

-- What an agent does elsewhere, as an integrator reports it; holds until it expires.
CREATE TABLE external_loads (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
    in_call BOOLEAN NOT NULL,
    -- JSON: channel → how many.
    interactions TEXT NOT NULL,
    -- Their sum.
    held INTEGER NOT NULL CHECK (held >= 0),
    expires_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Facts: every change of an agent's state, never changed, for reports and replays.
CREATE TABLE agent_state_changes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT NOT NULL REFERENCES users (id),
    at BIGINT NOT NULL,
    online BOOLEAN NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('available', 'break')),
    break_code TEXT REFERENCES break_kinds (code),
    in_call BOOLEAN NOT NULL,
    wrap_up_until BIGINT
);
CREATE INDEX agent_state_changes_user ON agent_state_changes (user_id, at, id);
CREATE INDEX agent_state_changes_at ON agent_state_changes (at, id);

-- Customers, conversations, mail -----------------------------------------------------------------------------------

CREATE TABLE contacts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_by_agent BOOLEAN NOT NULL,
    address TEXT NOT NULL,
    address_folded TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE conversations (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    contact_id BIGINT NOT NULL REFERENCES contacts (id),
    channel TEXT NOT NULL CHECK (channel IN ('email')),
    subject TEXT NOT NULL,
    subject_folded TEXT NOT NULL,
    search_text TEXT NOT NULL,
    message_count INTEGER NOT NULL,
    last_message_at BIGINT NOT NULL,
    last_snippet TEXT NOT NULL,
    last_agent_id BIGINT REFERENCES users (id),
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX conversations_contact ON conversations (contact_id, last_message_at);
CREATE INDEX conversations_subject ON conversations (contact_id, subject_folded, last_message_at);

-- Campaigns that a conversation was in before: mail that still comes to their addresses finds it.
CREATE TABLE former_campaigns (
    conversation_id BIGINT NOT NULL REFERENCES conversations (id),
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    PRIMARY KEY (conversation_id, campaign_id)
);

-- How interactions end: a tree as an outline; of one campaign, or without one of all.
CREATE TABLE dispositions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    campaign_id BIGINT REFERENCES campaigns (id),
    position INTEGER NOT NULL,
    level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 3),
    name TEXT NOT NULL,
    -- Its name after those above it.
    path TEXT NOT NULL,
    -- Nothing stands below it: it can be chosen.
    leaf BOOLEAN NOT NULL,
    -- Off: it can no longer be chosen, and names what was.
    active BOOLEAN NOT NULL
);
CREATE INDEX dispositions_campaign ON dispositions (campaign_id, position);

CREATE TABLE tags (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE conversation_tags (
    conversation_id BIGINT NOT NULL REFERENCES conversations (id),
    tag_id BIGINT NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (conversation_id, tag_id)
);
CREATE INDEX conversation_tags_tag ON conversation_tags (tag_id, conversation_id);

CREATE TABLE interactions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    conversation_id BIGINT NOT NULL REFERENCES conversations (id),
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    channel TEXT NOT NULL CHECK (channel IN ('email')),
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'assigned', 'snoozed', 'finished')),
    agent_id BIGINT REFERENCES users (id),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 9),
    arrived_at BIGINT NOT NULL,
    assigned_at BIGINT,
    opened_at BIGINT,
    first_response_at BIGINT,
    finished_at BIGINT,
    unread BOOLEAN NOT NULL,
    awaits_answer BOOLEAN NOT NULL,
    -- It came back to the queue from somebody: who that was is looked up before it is handed out again.
    handed_back BOOLEAN NOT NULL,
    -- Set aside until then; without a time, until the customer writes.
    snoozed_until BIGINT,
    disposition_id BIGINT REFERENCES dispositions (id),
    -- The customer's newest rating of a mail of it.
    rating INTEGER CHECK (rating BETWEEN 1 AND 5),
    version BIGINT NOT NULL,
    CHECK (state NOT IN ('assigned', 'snoozed') OR agent_id IS NOT NULL)
);
CREATE UNIQUE INDEX interactions_one_open ON interactions (conversation_id) WHERE state <> 'finished';
CREATE INDEX interactions_queue ON interactions (campaign_id, priority, arrived_at, id) WHERE state = 'waiting';
CREATE INDEX interactions_waiting ON interactions (priority, arrived_at, id) WHERE state = 'waiting';
CREATE INDEX interactions_held ON interactions (agent_id, campaign_id, assigned_at) WHERE state = 'assigned';
CREATE INDEX interactions_unopened ON interactions (campaign_id, assigned_at) WHERE state = 'assigned' AND opened_at IS NULL;
CREATE INDEX interactions_snoozed ON interactions (snoozed_until) WHERE state = 'snoozed';
CREATE INDEX interactions_ended ON interactions (campaign_id, agent_id, finished_at) WHERE state = 'finished';
CREATE INDEX interactions_campaign ON interactions (campaign_id, arrived_at, id);
CREATE INDEX interactions_agent ON interactions (agent_id, arrived_at, id);
CREATE INDEX interactions_arrived ON interactions (arrived_at, id);
CREATE INDEX interactions_conversation ON interactions (conversation_id, id);

CREATE TABLE messages (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    conversation_id BIGINT NOT NULL REFERENCES conversations (id),
    interaction_id BIGINT REFERENCES interactions (id),
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    kind TEXT NOT NULL CHECK (kind IN ('personal', 'auto_reply', 'bulk', 'bounce', 'history', 'unreadable')),
    internet_message_id TEXT NOT NULL,
    in_reply_to TEXT NOT NULL,
    reference_ids TEXT NOT NULL,
    from_name TEXT NOT NULL,
    from_address TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    snippet TEXT NOT NULL,
    from_stranger BOOLEAN NOT NULL,
    author_id BIGINT REFERENCES users (id),
    source_hash TEXT,
    source_size BIGINT,
    remote_images INTEGER NOT NULL,
    dated_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX messages_conversation ON messages (conversation_id, id);
CREATE INDEX messages_internet_id ON messages (internet_message_id);
CREATE INDEX messages_source ON messages (source_hash) WHERE source_hash IS NOT NULL;

-- Kept apart from the rows that lists read.
CREATE TABLE message_bodies (
    message_id BIGINT NOT NULL PRIMARY KEY REFERENCES messages (id),
    plain TEXT NOT NULL,
    quote_at INTEGER,
    html TEXT
);

CREATE TABLE drafts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('reply', 'reply_all', 'reply_history', 'new')),
    author_id BIGINT NOT NULL REFERENCES users (id),
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    conversation_id BIGINT REFERENCES conversations (id),
    interaction_id BIGINT REFERENCES interactions (id),
    reply_to_message_id BIGINT REFERENCES messages (id),
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    html TEXT NOT NULL,
    conversation_version BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    -- The alias that sends; without one, the account's address does.
    from_address TEXT
);
CREATE INDEX drafts_author ON drafts (author_id, conversation_id);

-- What people noted in a conversation, and did with it besides writing mail.
CREATE TABLE activities (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    conversation_id BIGINT NOT NULL REFERENCES conversations (id),
    interaction_id BIGINT REFERENCES interactions (id),
    kind TEXT NOT NULL CHECK (kind IN ('note', 'finished', 'transferred', 'moved', 'returned', 'snoozed', 'woken')),
    -- Without one, it happened by itself.
    actor_id BIGINT REFERENCES users (id),
    note TEXT NOT NULL,
    -- To whom, where to, how it ended: by name, as it was called then.
    target TEXT,
    until_at BIGINT,
    at BIGINT NOT NULL,
    edited_at BIGINT
);
CREATE INDEX activities_conversation ON activities (conversation_id, id);

-- What a mail was before it was sent, for as long as it can be taken back.
CREATE TABLE sent_drafts (
    message_id BIGINT NOT NULL PRIMARY KEY REFERENCES messages (id),
    kind TEXT NOT NULL CHECK (kind IN ('reply', 'reply_all', 'reply_history', 'new')),
    reply_to_message_id BIGINT REFERENCES messages (id),
    html TEXT NOT NULL,
    conversation_version BIGINT NOT NULL,
    finished BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX sent_drafts_created ON sent_drafts (created_at);

CREATE TABLE attachments (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    message_id BIGINT REFERENCES messages (id),
    draft_id BIGINT REFERENCES drafts (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    -- Number of the MIME part of the message's source that holds the content; without one, a blob of its own does.
    part INTEGER,
    inline BOOLEAN NOT NULL,
    content_id TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX attachments_message ON attachments (message_id);
CREATE INDEX attachments_draft ON attachments (draft_id);
CREATE INDEX attachments_sha256 ON attachments (sha256);

-- Blobs on disk; those that no row names are collected after a day.
CREATE TABLE blobs (
    sha256 TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    stored_at BIGINT NOT NULL
);

-- Incoming mail ----------------------------------------------------------------------------------------------------

CREATE TABLE mailboxes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account_id BIGINT NOT NULL REFERENCES mail_accounts (id),
    folder TEXT NOT NULL,
    login TEXT NOT NULL,
    host TEXT NOT NULL,
    uid_validity BIGINT,
    last_uid BIGINT NOT NULL,
    skipped_to BIGINT NOT NULL,
    history_to BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    compared_at BIGINT,
    expunged BIGINT NOT NULL,
    last_fetch_at BIGINT,
    UNIQUE (account_id, folder)
);

-- The ledger: what became of every UID above `skipped_to`.
CREATE TABLE fetched_mails (
    mailbox_id BIGINT NOT NULL REFERENCES mailboxes (id),
    uid_validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    fate TEXT NOT NULL CHECK (fate IN ('stored', 'history', 'quarantined', 'duplicate')),
    source_hash TEXT,
    message_id BIGINT REFERENCES messages (id),
    -- It is still to be marked or moved on the server.
    to_act BOOLEAN NOT NULL,
    PRIMARY KEY (mailbox_id, uid_validity, uid)
);
CREATE INDEX fetched_mails_to_act ON fetched_mails (mailbox_id, uid) WHERE to_act;
CREATE INDEX fetched_mails_source ON fetched_mails (source_hash, mailbox_id);

CREATE TABLE quarantine (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    mailbox_id BIGINT NOT NULL REFERENCES mailboxes (id),
    uid_validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    size BIGINT NOT NULL,
    source_hash TEXT,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    settled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (mailbox_id, uid_validity, uid)
);
CREATE INDEX quarantine_source ON quarantine (source_hash) WHERE source_hash IS NOT NULL;

-- Outgoing mail ----------------------------------------------------------------------------------------------------

CREATE TABLE outbox (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    message_id BIGINT NOT NULL UNIQUE REFERENCES messages (id),
    account_id BIGINT NOT NULL REFERENCES mail_accounts (id),
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    conversation_id BIGINT NOT NULL REFERENCES conversations (id),
    author_id BIGINT REFERENCES users (id),
    source_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'queued', 'sending', 'sent', 'failed', 'bounced', 'cancelled')),
    envelope_from TEXT NOT NULL,
    pending TEXT NOT NULL,
    failed TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at BIGINT NOT NULL,
    -- Begin of the time for which it is tried: when it first fell due, or when a person had it tried again.
    tried_since BIGINT NOT NULL,
    lease_owner TEXT,
    -- When its holder last said that it lives, by its own clock; compared with nothing but earlier values of itself.
    lease_at BIGINT NOT NULL,
    last_reply TEXT,
    sent_at BIGINT,
    copied BOOLEAN NOT NULL
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('held', 'queued');
CREATE INDEX outbox_account_due ON outbox (account_id, due_at, id) WHERE state IN ('held', 'queued');
CREATE INDEX outbox_sending ON outbox (lease_owner) WHERE state = 'sending';
CREATE INDEX outbox_source ON outbox (source_hash);
CREATE INDEX outbox_copy ON outbox (account_id, id) WHERE state = 'sent' AND NOT copied;

-- Confirmations: who got one last, which limits them to one a day, and those still to be composed.
CREATE TABLE confirmations (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    address_folded TEXT NOT NULL,
    -- The mail that is answered.
    message_id BIGINT NOT NULL REFERENCES messages (id),
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'abandoned')),
    claimed_at BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, address_folded)
);
CREATE INDEX confirmations_pending ON confirmations (claimed_at) WHERE state = 'pending';
CREATE INDEX confirmations_claimed ON confirmations (claimed_at);

-- Ratings ----------------------------------------------------------------------------------------------------------

-- A mail that asks for a rating, and what the customer said. The token of its link is known to him alone.
CREATE TABLE ratings (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,
    message_id BIGINT NOT NULL UNIQUE REFERENCES messages (id),
    interaction_id BIGINT NOT NULL REFERENCES interactions (id),
    conversation_id BIGINT NOT NULL REFERENCES conversations (id),
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    agent_id BIGINT NOT NULL REFERENCES users (id),
    language TEXT NOT NULL CHECK (language IN ('es', 'en')),
    expires_at BIGINT NOT NULL,
    score INTEGER CHECK (score BETWEEN 1 AND 5),
    comment TEXT NOT NULL,
    rated_at BIGINT,
    changed_at BIGINT
);
CREATE INDEX ratings_interaction ON ratings (interaction_id);
CREATE INDEX ratings_unrated ON ratings (expires_at) WHERE score IS NULL;

-- Routing ----------------------------------------------------------------------------------------------------------

CREATE TABLE round_memory (
    campaign_id BIGINT NOT NULL PRIMARY KEY REFERENCES campaigns (id),
    last_served BIGINT NOT NULL REFERENCES users (id)
);

CREATE TABLE decisions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    interaction_id BIGINT NOT NULL REFERENCES interactions (id),
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    at BIGINT NOT NULL,
    eligibility TEXT NOT NULL,
    delivery_order TEXT NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('order', 'last_agent', 'take', 'offer_lapsed', 'transferred', 'returned')),
    winner BIGINT NOT NULL REFERENCES users (id),
    explanation TEXT NOT NULL
);
CREATE INDEX decisions_interaction ON decisions (interaction_id, id);
CREATE INDEX decisions_campaign ON decisions (campaign_id, at, id);

-- Plumbing ---------------------------------------------------------------------------------------------------------

CREATE TABLE events (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    campaign_id BIGINT,
    audience TEXT NOT NULL,
    payload TEXT NOT NULL
);
CREATE INDEX events_at ON events (at);

CREATE TABLE audit_log (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    actor_id BIGINT,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    object_id BIGINT,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
);

CREATE TABLE idempotency_keys (
    user_id BIGINT NOT NULL REFERENCES users (id),
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, idempotency_key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    counter BIGINT NOT NULL,
    fence BIGINT NOT NULL
);

-- The audit log only grows.
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
