//go:build linux && amd64

package hostile

import (
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What one case may take.
const (
	maxMemory = 256 << 20
	hangs     = 2 * time.Minute // ends what hangs; no outcome depends on its length
)

// slow is what takes so long that it hangs for whoever waits: as long as
// 250 times sorting 262,144 numbers on this machine, at present. That is some five
// seconds; where the machine does other things as well, the worst case needs two.
var slow = sync.OnceValue(func() time.Duration {
	least := hangs
	for range 3 {
		numbers := make([]uint64, 1<<18)
		for i := range numbers {
			numbers[i] = uint64(i) * 0x9e3779b97f4a7c15
		}
		start := time.Now()
		slices.Sort(numbers)
		least = min(least, time.Since(start))
	}
	return 250 * least
})

// meter watches what the process takes from the system.
type meter struct {
	peak atomic.Uint64
	end  chan struct{}
	done chan struct{}
}

// newMeter begins to watch. At the end of the test it holds the peak against the bound.
func newMeter(t *testing.T) *meter {
	m := &meter{end: make(chan struct{}), done: make(chan struct{})}
	go m.watch()
	t.Cleanup(func() {
		close(m.end)
		<-m.done
		t.Logf("at most %d MB of memory", m.peak.Load()>>20)
		if m.peak.Load() > maxMemory && !race {
			t.Errorf("%d MB of memory, may be %d", m.peak.Load()>>20, maxMemory>>20)
		}
	})
	return m
}

func (m *meter) watch() {
	defer close(m.done)
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for tick := time.NewTicker(time.Millisecond); ; {
		metrics.Read(s)
		m.peak.Store(max(m.peak.Load(), s[0].Value.Uint64()-s[1].Value.Uint64()))
		select {
		case <-m.end:
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}
