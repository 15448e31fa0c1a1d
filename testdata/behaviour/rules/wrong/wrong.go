// Package wrong has a variable of the name for rules that holds none.
package wrong

import "os"

var postmortemRules []string

func init() { postmortemRules = os.Args[:1] }

// Count is something to call.
func Count() int { return len(postmortemRules) }
