package cli

import (
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

func treeCommands() []command {
	return []command{{
		names: []string{"tree"}, group: groups[1],
		short: "Show the goroutines below those that started them.",
		usage: []string{"tree [-a] [-r [depth]] [-l]"},
		long: "One line for each: its number, what it does, the function it started with, and where it is. Those that are equal\n" +
			"and started nothing share a line: ×9998 says how many. A goroutine that had ended has a line if what it\n" +
			"started goes on.\n\n" +
			"	-a	also those that the runtime started for itself\n" +
			"	-r	their stacks as well, 10 frames unless a depth follows\n" +
			"	-l	each by itself",
		run: (*call).tree,
	}}
}

// treeView is what the flags of tree ask for.
type treeView struct {
	all, each, stacks bool
	depth             int
}

func parseTree(args string) (treeView, error) {
	v := treeView{depth: 10}
	for _, a := range strings.Fields(args) {
		switch a {
		case "-a":
			v.all = true
		case "-l":
			v.each = true
		case "-r":
			v.stacks = true
		default:
			if !v.stacks || !isNumber(a) {
				return v, usagef("wrong argument: %q", a)
			}
			fmt.Sscan(a, &v.depth)
		}
	}
	return v, nil
}

// maxIndent bounds how far to the right a tree grows.
const maxIndent = 40

func (c *call) tree() error {
	view, err := parseTree(c.args)
	if err != nil {
		return err
	}
	type level struct {
		groups [][]*restore.TreeNode
		indent int
	}
	roots := restore.Tree(c.s.Dump(), func(g dump.Goroutine) bool { return view.all || isUser(g) })
	todo := []level{{alike(roots, view.each), 0}}
	lines := c.lines()
	for len(todo) > 0 {
		top := &todo[len(todo)-1]
		if len(top.groups) == 0 {
			todo = todo[:len(todo)-1]
			continue
		}
		if !lines.next() {
			break
		}
		group, indent := top.groups[0], top.indent
		top.groups = top.groups[1:]
		c.printNode(group[0], len(group), blank(strings.Repeat("  ", min(indent, maxIndent))), view)
		todo = append(todo, level{alike(group[0].Children, view.each), indent + 1})
	}
	return lines.end()
}

// likeness is what goroutines that share a line have in common: all that stub tells.
type likeness struct {
	stack   uint64
	start   dump.Function
	status  string
	culprit bool
	resumer dump.GoID
	coro    bool
}

// alike brings nodes together that look alike, unless each has a line of its own.
func alike(nodes []*restore.TreeNode, each bool) [][]*restore.TreeNode {
	var groups [][]*restore.TreeNode
	at := map[likeness]int{}
	for i, n := range nodes {
		if each || n.Exited() || len(n.Children) > 0 {
			groups = append(groups, nodes[i:i+1:i+1])
			continue
		}
		like := likenessOf(n.Goroutine)
		if k, ok := at[like]; ok {
			groups[k] = append(groups[k], n)
			continue
		}
		at[like] = len(groups)
		groups = append(groups, nodes[i:i+1:i+1])
	}
	return groups
}

func likenessOf(g dump.Goroutine) likeness {
	l := likeness{stack: g.StackID(), status: bucketStatus(g), culprit: g.Asked(), coro: g.Coroutine()}
	l.start, _ = g.Start()
	if by, ok := g.Resumer(); ok {
		l.resumer = by.ID()
	}
	return l
}

// stub is a goroutine's line without its number.
func (c *call) stub(g dump.Goroutine) string {
	text := "[" + bucketStatus(g) + "]"
	if f, ok := g.Start(); ok {
		text += " " + functionName(f)
	}
	if f, ok := restore.ProgramFrame(c.s.Dump(), g); ok {
		text += " at " + locationText(f.Location(), 0)
	}
	return text
}

func (c *call) printNode(n *restore.TreeNode, same int, indent blank, view treeView) {
	if n.Exited() {
		at := ""
		if created, ok := startedAt(n.Children[0].Goroutine); ok {
			at = " at " + locationText(created, 0)
		}
		c.out.printf("%screated by goroutine %d (exited)%s\n", indent, n.ID, at)
		return
	}
	times := ""
	if same > 1 {
		times = fmt.Sprintf(" ×%d", same)
	}
	c.out.printf("%s%d%s %s\n", indent, n.ID, times, c.stub(n.Goroutine))
	if view.stacks {
		c.printStack(n.Goroutine, stackView{depth: view.depth, indent: indent + "    "})
	}
}
