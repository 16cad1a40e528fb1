mod cuts;
mod hostile;
mod limits;
mod model;
mod properties;
