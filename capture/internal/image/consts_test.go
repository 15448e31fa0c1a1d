package image

import (
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

func TestConstants(t *testing.T) {
	m := buildSelf(t)
	found := map[string]int64{}
	m.Constants("net/http", func(name string, value int64, typ dwarf.Offset) {
		if typ != 0 {
			found[name] = value
		}
	})
	for name, want := range map[string]int64{"net/http.StateNew": 0, "net/http.StateClosed": 4, "net/http.SameSiteNoneMode": 4} {
		if got, ok := found[name]; !ok || got != want {
			t.Errorf("%s: %d, %v, want %d", name, got, ok, want)
		}
	}
	m.Constants("no/such/package", func(name string, _ int64, _ dwarf.Offset) { t.Errorf("constant %s", name) })
}
