//! What API Gateway answers by itself.
