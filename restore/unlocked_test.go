package restore

import "testing"

const unlockedSource = `package p

func (q *queue) each(f func()) {
	q.mu.Lock()
	if f == nil {
		q.mu.Unlock()
		return
	}
	defer q.mu.Unlock()
	f()
	q.mu.Unlock()
	f()
	q.other.Lock()
	q.mu.Lock()
	f()
	q.other.Unlock()
	f()
}

func (q *queue) line() { q.mu.Lock(); defer q.mu.Unlock(); q.mu.Unlock(); f(); q.mu.Lock() }

func (q *queue) late() {
	defer func() { q.mu.Unlock() }()
	defer q.mus[1].Unlock()
	q.mus[1].Unlock()
	f()
}
`

func TestUnlocked(t *testing.T) {
	a := assignmentsOf(parseTree("", []byte(unlockedSource)), maxAssignments)
	for _, c := range []struct {
		deferred, now int
		want          bool
	}{
		{9, 10, false}, {9, 12, true}, {9, 13, true}, {9, 14, true}, {9, 15, false}, {9, 17, false}, // each
		{20, 20, true}, {20, 30, true}, // line
		{23, 26, false}, {24, 26, true}, {24, 24, false}, // late
		{0, 10, false}, {5, 10, false}, {1 << 40, -1, false},
	} {
		if got := a.unlocked(c.deferred, c.now); got != c.want {
			t.Errorf("deferred on line %d, now on %d: %v, want %v", c.deferred, c.now, got, c.want)
		}
	}
}
