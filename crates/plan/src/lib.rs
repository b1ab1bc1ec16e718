//! whywait-plan
