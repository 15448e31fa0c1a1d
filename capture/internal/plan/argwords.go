package plan

import (
	"strconv"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
)

// argWords makes variables of what the compiler notes of a function's arguments
// for tracebacks, where there is no debug information. They are called arg0,
// arg1_0 … by their place.
func argWords(fn image.Function, at uint64) []Var {
	var out []Var
	for _, w := range fn.ArgWords(at) {
		name := "arg"
		for i, n := range w.Path {
			if i > 0 {
				name += "_"
			}
			name += strconv.Itoa(n)
		}
		out = append(out, Var{
			Name: name, Dict: -1, Kind: model.VarParam, Raw: true, Stale: w.Stale,
			Pieces: []Piece{{Kind: PieceCFA, Off: w.Off, Size: w.Size}},
		})
	}
	return out
}
