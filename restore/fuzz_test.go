package restore_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

// FuzzEval evaluates any expression: it gives a bounded, harmless text or an error of a known class.
func FuzzEval(f *testing.F) {
	for _, tt := range evalTests {
		f.Add(tt.expr)
	}
	for _, tt := range evalErrors {
		f.Add(tt.expr)
	}
	scope := restore.NewSession(open(f, sample.Service())).Scope()
	f.Fuzz(func(t *testing.T, expr string) {
		r, err := scope.Eval(expr)
		if err != nil {
			if !known(err) {
				t.Errorf("%q: %v has no class", expr, err)
			}
			harmless(t, err.Error())
			return
		}
		text := r.Format(restore.LongConfig())
		if len(text) > 1<<20 {
			t.Errorf("%q: %d bytes", expr, len(text))
		}
		harmless(t, text)
		harmless(t, r.TypeName())
	})
}

// FuzzOpenPrint prints every variable of any file that opens at all.
func FuzzOpenPrint(f *testing.F) {
	data, err := sample.Service().Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, 0, byte(0))
	for i := 0; i < len(data); i += len(data) / 64 {
		f.Add(data, i, byte(0x41))
	}
	f.Fuzz(func(t *testing.T, data []byte, at int, change byte) {
		data = bytes.Clone(data)
		if len(data) > 0 {
			data[uint(at)%uint(len(data))] ^= change
		}
		d, err := dump.NewReader(bytes.NewReader(data), int64(len(data)), dump.MaxMemory(64<<20))
		if d == nil {
			if err == nil {
				t.Error("neither a dump nor an error")
			}
			return
		}
		defer d.Close()
		printEverything(t, d)
	})
}

// maxPrinted bounds what one input makes the fuzzer print.
const maxPrinted = 2000

func printEverything(t *testing.T, d *dump.Dump) {
	s, left := restore.NewSession(d), maxPrinted
	for g := range d.Goroutines() {
		for i := range min(g.NumFrames(), maxPrinted) {
			scope, err := s.ScopeAt(g.ID(), i)
			if err != nil {
				if !known(err) {
					t.Errorf("%v has no class", err)
				}
				continue
			}
			for _, v := range append(scope.Args(), scope.Locals()...) {
				if left--; left < 0 {
					return
				}
				harmless(t, restore.FormatVariable(v, restore.LongConfig()))
				if _, err := scope.Eval(v.Name()); err != nil && !known(err) {
					t.Errorf("%v has no class", err)
				}
			}
		}
	}
}

func known(err error) bool {
	for _, class := range []error{
		restore.ErrSyntax, restore.ErrUnknown, restore.ErrReadOnly, restore.ErrAbsent,
		restore.ErrNil, restore.ErrRange, restore.ErrOperand, restore.ErrTooMuch,
	} {
		if errors.Is(err, class) {
			return true
		}
	}
	return false
}

func harmless(t *testing.T, text string) {
	if restore.Printable(text) != text {
		t.Errorf("a terminal would obey %q", text)
	}
}
