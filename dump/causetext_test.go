package dump_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// methods is a cause whose method does what the test wants.
type methods struct {
	calls *atomic.Int32
	do    func() string
}

func (m methods) Error() string {
	m.calls.Add(1)
	return m.do()
}

// stringers counts the calls of methods that nobody should call.
type stringer struct{ calls *atomic.Int32 }

func (s stringer) String() string   { s.calls.Add(1); panic("called") }
func (s stringer) GoString() string { s.calls.Add(1); panic("called") }

// B2.10: the cause's own method is called once; whatever it does, the dump is made.
func TestCauseMethods(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	tests := []struct {
		name, text, problem string
		do                  func() string
	}{
		{"returns", "words", "", func() string { return "words" }},
		{"panics", "", "its method panicked: no words", func() string { panic("no words") }},
		{"panics with an error", "", "its method panicked: (*errors.errorString)", func() string { panic(errors.New("x")) }},
		{"ends the goroutine", "", "its method ended the goroutine", func() string { runtime.Goexit(); return "" }},
		{"hangs", "", "its method did not return within 1s", func() string { <-release; return "" }},
		{"panics with too much", "", "its method panicked: " + strings.Repeat("x", 64<<10) + "…", func() string { panic(strings.Repeat("x", 1<<20)) }},
		{"is cut in a character", strings.Repeat("x", 64<<10-1) + "…", "", func() string { return strings.Repeat("x", 64<<10-1) + "äöü" }},
		{"says too much", strings.Repeat("x", 64<<10) + "…", "", func() string { return strings.Repeat("x", 1<<20) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var calls atomic.Int32
			c := take(t, methods{&calls, tt.do}, dump.Depth(1), dump.Source(false)).Cause()
			if c.Text != tt.text || c.TextError != tt.problem || c.Kind != dump.CauseError {
				t.Errorf("text %.40q, problem %q, kind %v, want %.40q, %q", c.Text, c.TextError, c.Kind, tt.text, tt.problem)
			}
			if n := calls.Load(); n != 1 {
				t.Errorf("the method was called %d times, want once", n)
			}
		})
	}
}

// B2.10: no method of any other value is called.
func TestNoOtherMethodIsCalled(t *testing.T) {
	var calls atomic.Int32
	local := stringer{&calls}
	cause := struct{ S stringer }{local}
	if c := take(t, cause).Cause(); c.Text == "" {
		t.Errorf("cause %+v has no text", c)
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("methods of values were called %d times", n)
	}
	runtime.KeepAlive(local)
}

// A capture from inside a capture fails at once: the cause's method that
// captures itself would else wait for itself, or go on for ever.
func TestCaptureInsideCapture(t *testing.T) {
	var nested error
	var calls atomic.Int32
	const forever = 24 * time.Hour // for who waits
	c := take(t, methods{&calls, func() string {
		_, nested = dump.Capture("inner", dump.Dir(t.TempDir()), dump.Timeout(forever))
		return "outer"
	}}, dump.Source(false), dump.Depth(0)).Cause()
	if !errors.Is(nested, dump.ErrNested) || c.Text != "outer" {
		t.Errorf("inner error %v, outer text %q, want %v, outer", nested, c.Text, dump.ErrNested)
	}
	w := writerFunc(func(p []byte) (int, error) {
		_, nested = dump.Capture("inner", dump.Dir(t.TempDir()), dump.Timeout(forever))
		return len(p), nil
	})
	if err := dump.Write(w, nil, dump.Depth(0)); err != nil || !errors.Is(nested, dump.ErrNested) {
		t.Errorf("from the writer: %v, inner %v, want %v", err, nested, dump.ErrNested)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// While one capture hangs in its writer, another waits as long as it may.
func TestBusy(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	first := make(chan error)
	go func() {
		first <- dump.Write(writerFunc(func(p []byte) (int, error) {
			if once.CompareAndSwap(false, true) {
				close(started)
				<-release
			}
			return len(p), nil
		}), nil, dump.Depth(0))
	}()
	<-started
	var b bytes.Buffer
	var calls atomic.Int32
	before := runtime.NumGoroutine()
	for _, cause := range []any{nil, methods{&calls, func() string { return "words" }}, fault()} {
		for range 10 {
			if err := dump.Write(&b, cause, dump.Timeout(2*time.Millisecond)); !errors.Is(err, dump.ErrBusy) || b.Len() > 0 {
				t.Fatalf("%v and %d bytes, want %v", err, b.Len(), dump.ErrBusy)
			}
		}
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, there were %d: captures that were refused left some", n, before)
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("the cause of a capture that was refused was asked %d times", n)
	}
	close(release)
	if err := <-first; err != nil {
		t.Errorf("the first one: %v", err)
	}
	if err := dump.Write(&b, nil, dump.Depth(0)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// fault gives the value of a panic that a signal raised.
func fault() (cause any) {
	defer func() { cause = recover() }()
	var p *plain
	p.N++
	return nil
}

// A writer that panics or fails is an error, and the next capture works.
func TestBadWriter(t *testing.T) {
	full := errors.New("full")
	if err := dump.Write(writerFunc(func([]byte) (int, error) { return 0, full }), nil, dump.Depth(0)); !errors.Is(err, full) {
		t.Errorf("failing writer: %v, want %v", err, full)
	}
	if err := dump.Write(writerFunc(func([]byte) (int, error) { panic("writer") }), nil, dump.Depth(0)); err == nil {
		t.Error("panicking writer: no error")
	}
	long := strings.Repeat("é", 1<<20)
	err := dump.Write(writerFunc(func([]byte) (int, error) { panic(long) }), nil, dump.Depth(0))
	if err == nil || len(err.Error()) > 65<<10 || !strings.HasSuffix(err.Error(), "é…") {
		t.Errorf("writer that panics with %d bytes: %.40q, %d bytes", len(long), err, len(fmt.Sprint(err)))
	}
	var b bytes.Buffer
	if err := dump.Write(&b, nil, dump.Depth(0)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
