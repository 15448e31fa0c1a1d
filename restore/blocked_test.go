package restore_test

import (
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

// Of a select with very many cases the first are told, and how many there are.
func TestBlockedInMany(t *testing.T) {
	b := sample.New()
	waits := make([]model.Wait, 150)
	for i := range waits {
		waits[i] = model.Wait{Addr: uint64(0x1000 + i), Kind: "select"}
	}
	b.Go(model.Goroutine{ID: 1, Status: model.StatusWaiting, WaitReason: "select", Waits: waits})
	d := open(t, b)
	g, _ := d.Goroutine(1)
	leaves := restore.NewSession(d).Blocked(g, restore.NewReading(d))
	if len(leaves) != 101 || leaves[100].What != "50 more" || leaves[99].Addr != 0x1000+99 {
		t.Errorf("%d leaves, the last is %v, want 100 and the number of the others", len(leaves), leaves[len(leaves)-1])
	}
}

// A goroutine that wants to read a lock which others only read waits for the
// one that wants to write it: there may be a circle through that.
func TestDeadlockBehindWriter(t *testing.T) {
	b := sample.New()
	for id := range model.GoID(3) {
		b.Go(model.Goroutine{ID: id + 1, Status: model.StatusWaiting})
	}
	d := open(t, b)
	use := func(id dump.GoID, read bool) restore.LockUse {
		g, _ := d.Goroutine(id)
		return restore.LockUse{Goroutine: g, Read: read}
	}
	// 1 reads rw and waits for mu; 2 has mu and wants to read rw; 3 wants to write it.
	sure := use(1, true)
	sure.Sure = true
	rw := &restore.Lock{Addr: 1, Holders: []restore.LockUse{sure}}
	mu := &restore.Lock{Addr: 2, Holders: []restore.LockUse{use(2, false)}, Waiters: []restore.LockUse{use(1, false)}}
	locks := []*restore.Lock{rw, mu}
	rw.Waiters = []restore.LockUse{use(2, true)}
	if circles := restore.Deadlocks(locks); len(circles) != 0 {
		t.Errorf("readers do not wait for each other: %v", circles)
	}
	rw.Waiters = append(rw.Waiters, use(3, false))
	circles := restore.Deadlocks(locks)
	if len(circles) != 1 || len(circles[0]) != 3 {
		t.Fatalf("%d circles, want one of three: %v", len(circles), circles)
	}
	const want = "possible deadlock: goroutine 2 probably holds 0x2 and waits for 0x1; goroutine 3 waits to write 0x1 and waits for 0x1; goroutine 1 holds 0x1 and waits for 0x2"
	if got := restore.DeadlockText(circles[0]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
