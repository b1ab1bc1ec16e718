//! whywait-cli
