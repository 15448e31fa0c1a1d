package goroutine

import (
	"encoding/binary"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// What a g says of the state that its goroutine is in. The freeze of a program
// by itself cannot meet all of these, as it waits for the garbage collector; that from
// outside can.
func TestStates(t *testing.T) {
	table, err := tableFor("go1.26.8")
	if err != nil {
		t.Fatal(err)
	}
	l := &Layout{}
	if err := l.find(table); err != nil {
		t.Fatal(err)
	}
	const start, elsewhere, m, ctxt = 0x401000, 0x402000, 0xc000, 0xd000
	for _, c := range []struct {
		name          string
		status        uint32
		pc, m         uint64
		want          model.Status
		fresh, system bool
	}{
		{"new", gRunnable, start, 0, model.StatusRunnable, true, false},
		{"a new coroutine", gWaiting, start, 0, model.StatusWaiting, true, false},
		{"runnable", gRunnable, elsewhere, 0, model.StatusRunnable, false, false},
		{"runs its first instruction", gRunning, start, m, model.StatusRunning, false, false},
		{"parked", gWaiting, elsewhere, 0, model.StatusWaiting, false, false},
		{"works on the system stack", gWaiting, elsewhere, m, model.StatusWaiting, false, true},
		{"parked, being scanned", gWaiting | gScan, elsewhere, 0, model.StatusWaiting, false, false},
		{"leaked", gLeaked, elsewhere, 0, model.StatusLeaked, false, false},
		{"in a system call", gSyscall, elsewhere, m, model.StatusSyscall, false, false},
	} {
		g := make(record, l.gsize)
		binary.LittleEndian.PutUint32(g[l.g.status:], c.status)
		for off, v := range map[uint64]uint64{l.g.goid: 7, l.g.startpc: start, l.g.schedPC: c.pc, l.g.m: c.m, l.g.schedCtxt: ctxt} {
			binary.LittleEndian.PutUint64(g[off:], v)
		}
		g[l.g.waitReason] = 1
		x, ok := l.info(0x1000, g, []string{"", "chan receive"})
		if !ok || x.ID != 7 || x.Status != c.want || x.New != c.fresh || x.OnSystem != c.system {
			t.Errorf("%s: %v, %v, new %v, on the system stack %v; want %v, %v, %v", c.name, ok, x.Status, x.New, x.OnSystem, c.want, c.fresh, c.system)
		}
		if waits := c.want == model.StatusWaiting || c.want == model.StatusLeaked; waits != (x.Reason == "chan receive") {
			t.Errorf("%s: waits for %q", c.name, x.Reason)
		}
		if c.fresh && l.Started(nil, &x) != ctxt {
			t.Errorf("%s: starts %#x", c.name, l.Started(nil, &x))
		}
	}
	for _, status := range []uint32{gIdle, gDead, gDeadExtra} {
		g := make(record, l.gsize)
		binary.LittleEndian.PutUint32(g[l.g.status:], status)
		if _, ok := l.info(0x1000, g, nil); ok {
			t.Errorf("a goroutine of status %d is alive", status)
		}
	}
}
