//! CompressedData (RFC 3274): known by its [`ContentType`](super::ContentType), so that it can be named; not yet read.
