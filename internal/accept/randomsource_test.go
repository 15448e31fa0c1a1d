//go:build linux && amd64

package accept

import (
	"fmt"
	"strings"
)

// What random programs have in common.

// randomStops is the package through which programs stop.
const randomStops = `package at

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gopostmortem/postmortem/dump"
)

var (
	Passed int
	wanted = map[int]string{}
	sink   any
)

func init() {
	if len(os.Args) > 3 {
		for _, n := range os.Args[3:] {
			i, _ := strconv.Atoi(n)
			wanted[i] = filepath.Join(os.Args[1], n)
		}
	}
}

// Stop makes a dump when it is called for a wanted time.
//
//go:noinline
func Stop() {
	Passed++
	if file := wanted[Passed]; file != "" {
		if _, err := dump.Snapshot("here", dump.File(file), dump.Depth(6), dump.Source(os.Args[2] == "source")); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

//go:noinline
func Keep(v any) { sink = v }
`

// randomMain writes the function that runs a number of programs.
func randomMain(programs int) string {
	var imports, calls strings.Builder
	for i := range programs {
		fmt.Fprintf(&imports, "\t\"random/p%d\"\n", i)
		fmt.Fprintf(&calls, "\tfmt.Println(p%d.Run(), \"stops:\", at.Passed)\n", i)
	}
	return "package main\n\nimport (\n\t\"fmt\"\n\n\t\"random/at\"\n" + imports.String() + ")\n\nfunc main() {\n" + calls.String() + "}\n"
}

const programHead = `

import (
	"strconv"

	"random/at"
)

type point struct {
	X, Y int
	Tag  string
	Next *point
}

type pair struct {
	A int
	B string
}

type wide struct {
	A [6]int
	B float64
}

func (p pair) f80(n int) int {
	n += p.A
	stop()
	p.A = n * 2
	stop()
	return p.A
}

func (p *pair) f81(n int) {
	old := p.A
	p.A += n
	n = old
	stop()
}

func f82(a int, s string) (int, string) {
	if a > 100 {
		a -= 100
		s = "less"
	}
	stop()
	return a + 1, s
}

func f83(a int) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			n = a
			stop()
		}
	}()
	n = a * 2
	stop()
	var none []int
	n = none[a&1]
	return n, nil
}

func f84[T any](list []T, x T) (n int, last T) {
	for i, y := range list {
		n += i
		last = y
		stop()
	}
	last = x
	stop()
	return n, last
}

func f85(n int) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := range n {
			if !yield(i, strconv.Itoa(i)) {
				return
			}
		}
	}
}

func f86(m map[string]int, k string, by int) int {
	was := m[k]
	m[k] += by
	by = m[k]
	stop()
	return was + by
}

func stop() { at.Stop() }

func keep(v any) { at.Keep(v) }

func Run() int {
	return f0(3, "go", &point{1, 2, "start", nil})
}
`
