package capture

import (
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// What belongs to no package is not the program's own, also where its module is not known.
func TestClass(t *testing.T) {
	for _, c := range []struct {
		main, pkg string
		want      uint64
	}{
		{"", "", model.FuncStd}, {"", "main", model.FuncUser}, {"", "net/http", model.FuncStd}, {"", "example.com/x", 0},
		{"example.com/x", "", model.FuncStd}, {"example.com/x", "example.com/x", model.FuncUser},
		{"example.com/x", "example.com/x/y", model.FuncUser}, {"example.com/x", "example.com/xy", 0},
		{"example.com/x", "runtime", model.FuncRuntime | model.FuncStd},
	} {
		r := &run{main: c.main, r: &Request{Meta: &model.Meta{}}}
		if got := r.class(c.pkg); got != c.want {
			t.Errorf("%q of a program %q: %#x, want %#x", c.pkg, c.main, got, c.want)
		}
	}
}
