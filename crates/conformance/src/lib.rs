//! whywait-conformance
