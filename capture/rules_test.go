package capture

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The names in rules are looked up among all functions of the program, while it
// crashes: that must not take long, however many there are.
func TestLookupsOfRulesAreBounded(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(exe, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	found := 0
	for i := range 2 * maxLookups / 100 {
		var text strings.Builder
		for k := range 100 {
			fmt.Fprintf(&text, "hide nobody.has%d.f%d\n", i, k)
		}
		found += len(e.ruleProblems(text.String()))
	}
	if found != maxLookups {
		t.Errorf("%d names were looked up, want %d", found, maxLookups)
	}
}
