mod hostile;
mod model;
mod properties;
mod steps;
