//! Set-up, sign-in, sessions, users.

both_engines! {
    fn the_administrator_signs_in(app) {
        let admin = app.admin();
        assert_eq!(admin.get("/auth/me").ok()["login"], "admin");
    }
}
