//! Draws the blast radius and the attack path.
