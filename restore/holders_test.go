package restore

import "testing"

// Those who seem to hold a lock are not said to where that cannot be.
func TestSettle(t *testing.T) {
	write, again, read, sure := LockUse{}, LockUse{again: true}, LockUse{Read: true}, LockUse{Sure: true}
	locked, free := lockState{known: true, written: true}, lockState{known: true}
	for name, c := range map[string]struct {
		state               lockState
		seem                []LockUse
		holders, candidates int
		free                bool
	}{
		"locked":                  {locked, []LockUse{write}, 1, 0, false},
		"unlocked":                {free, []LockUse{write, read}, 0, 0, true},
		"unknown":                 {lockState{}, []LockUse{write}, 1, 0, false},
		"two":                     {locked, []LockUse{write, write}, 0, 2, false},
		"two of unknown state":    {lockState{}, []LockUse{write, write}, 0, 2, false},
		"one of them waits":       {locked, []LockUse{write, again}, 1, 0, false},
		"one is sure":             {locked, []LockUse{write, sure, write}, 1, 0, false},
		"written, not read":       {locked, []LockUse{write, read}, 1, 0, false},
		"read, not written":       {lockState{known: true, readers: 2}, []LockUse{write, read, read}, 2, 0, false},
		"read by fewer":           {lockState{known: true, readers: 1}, []LockUse{read, read}, 0, 2, false},
		"read by more":            {lockState{known: true, readers: 3}, []LockUse{read, read}, 2, 0, false},
		"read or written, unsure": {lockState{}, []LockUse{write, read}, 0, 2, false},
	} {
		l := &Lock{Holders: c.seem}
		l.settle(c.state)
		if len(l.Holders) != c.holders || len(l.Candidates) != c.candidates || l.Free != c.free {
			t.Errorf("%s: %d hold it, %d may, free is %v; want %d, %d, %v", name, len(l.Holders), len(l.Candidates), l.Free, c.holders, c.candidates, c.free)
		}
	}
}
