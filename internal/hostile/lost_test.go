//go:build linux && amd64

package hostile

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// TestLostPartsAreAbsent damages each section of real dumps in turn, and cuts
// the dumps before and within each: every variable and every expression gives
// what it gave, or says that it was lost.
func TestLostPartsAreAbsent(t *testing.T) {
	values := 0
	few := []string{"blocked", "closures", "ifaces", "maps", "nilderef", "sample", "service"}
	for name, file := range dumps(t) {
		if os.Getenv("POSTMORTEM_THOROUGH") == "" && !slices.Contains(few, name) {
			continue
		}
		whole, err := open(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for how, bad := range damages(t, file) {
			d, err := open(bad)
			if d == nil {
				t.Errorf("%s, %s: %v", name, how, err)
				continue
			}
			w := &twin{}
			w.dumps(whole, d)
			values += w.values
			for _, f := range w.faults {
				t.Errorf("%s, %s: %s", name, how, f)
			}
		}
	}
	if values < 10_000 {
		t.Errorf("%d values were compared", values)
	}
}

// damages gives the damaged twins of a file.
func damages(t *testing.T, file []byte) map[string][]byte {
	t.Helper()
	r, err := model.NewReader(bytes.NewReader(file), int64(len(file)), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for i, s := range r.Sections() {
		flip := func(at int64) []byte {
			bad := bytes.Clone(file)
			bad[at] ^= 4
			return bad
		}
		const header = 32
		what := fmt.Sprintf("section %d (%v)", i, s.Kind)
		out["bit in the header of "+what] = flip(s.Offset + 9)
		if s.Stored > 0 {
			out["bit in "+what] = flip(s.Offset + header + int64(s.Stored)/2)
			out["cut within "+what] = file[:s.Offset+header+int64(s.Stored)/2]
		}
		out["cut before "+what] = file[:s.Offset]
	}
	return out
}
