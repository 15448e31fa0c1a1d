package restore

import (
	"cmp"
	"slices"

	"github.com/gopostmortem/postmortem/dump"
)

// TreeNode is a goroutine, or one that had ended, below the one that started it.
type TreeNode struct {
	ID        dump.GoID
	Goroutine dump.Goroutine // not valid where it had ended, or was not kept
	Children  []*TreeNode
}

// Exited reports whether the goroutine is not in the dump.
func (n *TreeNode) Exited() bool { return !n.Goroutine.Valid() }

// Tree arranges the goroutines that the filter accepts by who started them. A
// goroutine whose parent is not among them hangs below a node for that, unless
// nobody is known to have started it.
func Tree(d *dump.Dump, accept func(dump.Goroutine) bool) []*TreeNode {
	nodes := map[dump.GoID]*TreeNode{}
	var order []*TreeNode
	for g := range d.Goroutines() {
		if accept(g) && nodes[g.ID()] == nil {
			n := &TreeNode{ID: g.ID(), Goroutine: g}
			nodes[n.ID] = n
			order = append(order, n)
		}
	}
	slices.SortFunc(order, func(a, b *TreeNode) int { return cmp.Compare(a.ID, b.ID) })
	cut := circles(nodes, order)
	var roots []*TreeNode
	for _, n := range order {
		id := n.Goroutine.Parent()
		parent := nodes[id]
		switch {
		case id == 0 || cut[n.ID]:
			roots = append(roots, n)
			continue
		case parent == nil:
			parent = &TreeNode{ID: id}
			nodes[id] = parent
			roots = append(roots, parent)
		}
		parent.Children = append(parent.Children, n)
	}
	slices.SortStableFunc(roots, func(a, b *TreeNode) int { return cmp.Compare(a.ID, b.ID) })
	return roots
}

// circles finds the goroutines that are said to be among their own ancestors,
// and gives the lowest of each circle, where it is cut. Each goroutine is passed once.
func circles(nodes map[dump.GoID]*TreeNode, order []*TreeNode) map[dump.GoID]bool {
	cut := map[dump.GoID]bool{}
	way := map[dump.GoID]dump.GoID{} // from which goroutine on it was passed
	for _, start := range order {
		n := start
		for n != nil && way[n.ID] == 0 {
			way[n.ID] = start.ID
			n = nodes[n.Goroutine.Parent()]
		}
		if n == nil || way[n.ID] != start.ID {
			continue
		}
		lowest := n.ID
		for m := nodes[n.Goroutine.Parent()]; m != n; m = nodes[m.Goroutine.Parent()] {
			lowest = min(lowest, m.ID)
		}
		cut[lowest] = true
	}
	return cut
}
