package image

import "strings"

// ArgWord is a word, or a smaller part, of a function's arguments, as the
// compiler notes them for tracebacks: without names and types.
type ArgWord struct {
	Path  []int // its number among the arguments, then within what that is made of
	Off   int64 // from the CFA
	Size  int64
	Stale bool // at this pc the place no longer has to hold it
}

// What FUNCDATA_ArgInfo is made of (internal/abi/symtab.go, Go 1.17 to 1.27).
const (
	pcdataArgLiveIndex  = 3
	funcdataArgInfo     = 5
	funcdataArgLiveInfo = 6

	argsEnd      = 0xff
	argsStart    = 0xfe
	argsStop     = 0xfd
	argsMore     = 0xfc
	argsTooFar   = 0xfb
	maxArgsDepth = 8  // the compiler stops at 5
	maxArgWords  = 64 // likewise, at 10
)

// ArgWords lists the words of the function's arguments, as far as the compiler
// notes them: 10 at most. For a return address pass pc-1.
func (f Function) ArgWords(pc uint64) []ArgWord {
	info, live := f.funcdata(funcdataArgInfo), f.funcdata(funcdataArgLiveInfo)
	index, _ := f.pcdata(pcdataArgLiveIndex, pc)
	words := argWords(info, live, int(index), f.t.args)
	if f.Generic() && len(live) > 0 {
		for i := range words {
			words[i].Stale = words[i].Stale || words[i].Off >= f.t.args+int64(live[0])
		}
	}
	return words
}

// argWords decodes the words; args is where the arguments begin.
func argWords(info, live []byte, index int, args int64) (out []ArgWord) {
	path, slot := []int{0}, 0
	for i := 0; i < len(info) && len(path) <= maxArgsDepth && len(out) < maxArgWords; i++ {
		op := info[i]
		switch op {
		case argsEnd, argsMore:
			return out
		case argsStart:
			path = append(path, 0)
			continue
		case argsStop:
			if path = path[:len(path)-1]; len(path) == 0 {
				return out
			}
		case argsTooFar:
		default:
			if i++; i == len(info) || info[i] > 8 {
				return out
			}
			w := ArgWord{Path: append([]int(nil), path...), Off: args + int64(op), Size: int64(info[i])}
			if len(live) > 0 && op >= live[0] { // the others are always there
				if at := index + slot/8; index > 0 && at < len(live) {
					w.Stale = live[at]&(1<<(slot%8)) == 0
				}
				slot++
			}
			out = append(out, w)
		}
		path[len(path)-1]++
	}
	return out
}

// Generic reports whether the function may have a dictionary among its arguments.
// Of such a function the compiler does not note the first argument, which the
// dictionary is or not, but counts it where it notes what is stored.
func (f Function) Generic() bool { return strings.Contains(f.Name(), "[") }

// ArgCount is how many arguments the compiler notes, and whether that is all of them.
func (f Function) ArgCount() (n int, all bool) {
	info := f.funcdata(funcdataArgInfo)
	for i, depth := 0, 0; i < len(info); i++ {
		switch op := info[i]; op {
		case argsEnd:
			return n, true
		case argsStart:
			depth++
			continue
		case argsStop:
			depth--
		case argsMore:
			if depth == 0 {
				return n, false
			}
			continue
		case argsTooFar:
		default:
			i++
		}
		if depth == 0 {
			n++
		}
	}
	return n, false
}
