// Package secret keeps secrets from being told: a value that never prints, a store that wipes, and a
// masker that takes secrets out of what others print.
//
//	Store ──▶ Text ──Register──▶ Masker ──▶ Writer    a stream: what a process prints
//	                                    └─▶ Handler   a log: message and attributes
//
// What was wiped is gone from the bytes that this package holds. What was handed out as a string, or
// moved by the garbage collector, cannot be wiped: Go gives no means to.
package secret

// hidden is what is printed in a secret's place.
const hidden = "***"
