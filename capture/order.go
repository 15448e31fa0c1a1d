package capture

import (
	"fmt"
	"sort"

	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/mock"
)

// order sorts by id, puts the goroutine that asked first and leaves out those
// that the capture itself has started.
func (c *run) order(list []goroutine.Info) []goroutine.Info {
	out := list[:0]
	for i := range list {
		g := &list[i]
		if g.ID == c.r.Cause.Goroutine || !c.startedIn(g.StartPC).own {
			out = append(out, *g)
		}
	}
	sort.Slice(out, func(i, j int) bool { // not slices.SortFunc: a copy of it for so large a struct is 27 KB
		first, second := out[i].ID == c.r.Cause.Goroutine, out[j].ID == c.r.Cause.Goroutine
		return first && !second || first == second && out[i].ID < out[j].ID
	})
	return c.once(out)
}

// once leaves out goroutines that are there twice, as they are where the
// runtime's memory is damaged.
func (c *run) once(list []goroutine.Info) []goroutine.Info {
	out := list[:0]
	for i := range list {
		if n := len(out); n > 0 && out[n-1].ID == list[i].ID {
			c.lose("goroutines", mock.Corrupt, 1, fmt.Sprintf("goroutine %d is there twice", list[i].ID))
			continue
		}
		out = append(out, list[i])
	}
	shareNoStack(out)
	return out
}

// shareNoStack marks goroutines whose stack is another one's too: no address is in
// the image twice. The first goroutine keeps its own in any case.
func shareNoStack(list []goroutine.Info) {
	byStack := make([]int32, 0, len(list))
	for i := range list {
		switch g := &list[i]; {
		case !g.OnStack():
		case i > 0 && list[0].OnStack() && g.Regs.SP < list[0].StackHi && list[0].Regs.SP < g.StackHi:
			g.Shared = true
		default:
			byStack = append(byStack, int32(i))
		}
	}
	sort.Slice(byStack, func(i, j int) bool { return list[byStack[i]].StackHi < list[byStack[j]].StackHi })
	end := uint64(0)
	for _, i := range byStack {
		if g := &list[i]; g.Regs.SP < end {
			g.Shared = true
		} else {
			end = g.StackHi
		}
	}
}
