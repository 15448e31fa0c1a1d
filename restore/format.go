package restore

import (
	"regexp"

	"github.com/gopostmortem/postmortem/dump"
)

// FormatValue writes a value on one line, as Delve's terminal would show it
// with the same configuration. What the dump does not hold is shown by its
// stub: (TYPE) [REASON].
func FormatValue(v dump.Value, cfg LoadConfig) string {
	return NewReading(v.Dump()).FormatValue(v, cfg)
}

// FormatVariable writes a variable and its value as the lines of locals do:
// NAME = VALUE, with the name in parentheses where an inner variable hides it.
func FormatVariable(v dump.Variable, cfg LoadConfig) string {
	return NewReading(v.Value().Dump()).FormatVariable(v, cfg)
}

// VariableValue writes the value of a variable. One that may be out of date is marked.
func VariableValue(v dump.Variable, cfg LoadConfig) string {
	return NewReading(v.Value().Dump()).variableValue(v, cfg)
}

func formatNode(n *node, verb string) string {
	p := printer{verb: verb}
	p.node(n, styleTop)
	return Printable(p.String())
}

var verbSyntax = regexp.MustCompile(`^%[-+# 0]*[0-9]{0,3}(\.[0-9]{0,3})?[a-zA-Z]$`)

// checkVerb accepts one verb of package fmt with a width that does no harm.
func checkVerb(verb string) error {
	if verb != "" && !verbSyntax.MatchString(verb) {
		return fail(ErrSyntax, "%q is not a format: use one verb of package fmt, as in print %%x v", verb)
	}
	return nil
}
