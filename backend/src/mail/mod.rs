//! E-mail itself.
