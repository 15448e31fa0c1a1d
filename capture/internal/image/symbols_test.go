package image

import (
	"slices"
	"testing"
)

// Variables are found by the ends of their names, functions by the beginnings.
func TestSymbolsNamed(t *testing.T) {
	m := buildSelf(t)
	addr, _ := m.Symbol("net/http.ErrServerClosed")
	want := []Symbol{{"net/http.ErrServerClosed", addr, 16}}
	if got := m.SymbolsNamed(".ErrServerClosed", 10); !slices.Equal(got, want) || addr == 0 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := m.SymbolsNamed("http.ListenAndServe", 10); len(got) != 0 {
		t.Errorf("a function is no variable: %+v", got)
	}
	if got := m.SymbolsNamed("s", 3); len(got) > 3 {
		t.Errorf("%d symbols, beyond the limit", len(got))
	}
	if got := buildSelf(t, "-ldflags=-s").SymbolsNamed(".ErrServerClosed", 10); len(got) != 0 {
		t.Errorf("a stripped executable has %+v", got)
	}
	seen := 0
	if !m.Lines().Names("net/http.(*Server).", func(name string) bool { seen++; return name == "net/http.(*Server).Serve" }) || seen == 0 {
		t.Errorf("net/http.(*Server).Serve is not among %d functions", seen)
	}
	if m.Lines().Names("net/http.(*Server).Nothing", func(string) bool { return true }) {
		t.Error("a function that is not there was found")
	}
}
