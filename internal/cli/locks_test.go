package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/cli"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
)

// Of a lock that very many hold to read, and very many want, some are listed and the others counted.
func TestCrowdAtLock(t *testing.T) {
	b := sample.New()
	unlock := b.Func("sync.(*RWMutex).RUnlock", "/rwmutex.go", 1, model.FuncStd)
	for id := range model.GoID(100) {
		b.Go(model.Goroutine{ID: 2*id + 1, Defers: []model.Defer{{Func: unlock, Receiver: 0x5000}}})
		b.Go(model.Goroutine{ID: 2*id + 2, Waits: []model.Wait{{Kind: "semaphore", Object: 0x5000, ObjectType: "sync.RWMutex"}}})
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "crowd.dump")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cli.Run(t.Context(), []string{"open", "-c", "locks", path}, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs})
	for what, n := range map[string]int{" holds to read (a deferred Unlock is pending)": 20, "\t... 80 more hold\n": 1, " waits\n": 20, "\t... 80 more wait\n": 1} {
		if got := strings.Count(out.String(), what); got != n {
			t.Errorf("%q %d times, want %d:\n%s%s", what, got, n, &out, &errs)
		}
	}
}
