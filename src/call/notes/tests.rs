mod forged;
mod hostile;
mod model;
mod pieces;
mod properties;
mod steps;
