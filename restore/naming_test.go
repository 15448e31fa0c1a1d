package restore_test

import (
	"sync"
	"testing"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

// What lies in a package variable has its name, whatever other variables there are.
func TestNameOfGlobal(t *testing.T) {
	b := sample.New()
	var server struct {
		Size int
		Mu   sync.Mutex
	}
	none := (chan int)(nil)
	b.Global("main.none", &none)
	b.Global("main.server", &server)
	mu := uint64(uintptr(unsafe.Pointer(&server.Mu)))
	b.Go(model.Goroutine{ID: 1, Status: model.StatusWaiting, WaitReason: "sync.Mutex.Lock", Waits: []model.Wait{{Kind: "semaphore", Object: mu, ObjectType: "sync.Mutex"}}})
	d := open(t, b)
	g, _ := d.Goroutine(1)
	leaves := restore.NewSession(d).Blocked(g, restore.NewReading(d))
	if len(leaves) != 1 || leaves[0].Name != "main.server.Mu" {
		t.Errorf("the goroutine waits for %v, want main.server.Mu", leaves)
	}
}
