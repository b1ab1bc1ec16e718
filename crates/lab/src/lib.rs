//! whywait-lab
