//! clearsign
