// Package cloudformation has the stack's template, so that one program deploys it from wherever it is.
package cloudformation

import _ "embed"

// Template is template.yaml, as it was when the program was built.
//
//go:embed template.yaml
var Template []byte
