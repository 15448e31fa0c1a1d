package restore

import (
	"go/ast"
	"go/parser"
	"go/token"
)

// tree is a source file of the dump, parsed.
type tree struct {
	path string
	size int // of the text
	fset *token.FileSet
	file *ast.File
}

// tree parses a file of the dump, nil if it is no Go or takes too long. The last
// ones are kept, as many as have together the size of the largest. The error is
// that there is no text.
func (s *Session) tree(path string) (*tree, error) {
	kept := 0
	for _, t := range s.trees {
		if t.path == path {
			return t, nil
		}
		kept += t.size
	}
	if s.parsedBytes > maxParsedAll || s.sourceBytes > maxSourceBytes {
		return nil, nil
	}
	before := s.d.BytesRead()
	text, err := s.d.Source(path)
	s.sourceBytes += s.d.BytesRead() - before
	if err != nil || len(text) > maxParsed || nested(text) {
		return nil, err
	}
	for kept += len(text); kept > maxParsed; s.trees = s.trees[1:] {
		kept -= s.trees[0].size
	}
	s.parsedBytes += len(text)
	t := parseTree(path, text)
	if t != nil {
		s.trees = append(s.trees, t)
	}
	return t, nil
}

func parseTree(path string, text []byte) *tree {
	t := &tree{path: path, size: len(text), fset: token.NewFileSet()}
	var err error
	if t.file, err = parser.ParseFile(t.fset, "", text, parser.SkipObjectResolution); err != nil {
		return nil
	}
	return t
}

// flowKey names a variable.
type flowKey struct {
	path, name string
	decl       int
	part       bool // assignments to parts change it
}

// maxFlows bounds the variables of which a session keeps what it found out.
const maxFlows = 1 << 12

// flow finds out where a variable is assigned, once; nil if it cannot tell.
func (s *Session) flow(k flowKey) *flow {
	if f, ok := s.flows[k]; ok {
		return f
	}
	var found *flow
	if s.steps < maxFlowSteps {
		if t, _ := s.tree(k.path); t != nil {
			found = t.flow(k, &s.steps)
		}
	}
	if s.flows == nil || len(s.flows) > maxFlows {
		s.flows = map[flowKey]*flow{}
	}
	s.flows[k] = found
	return found
}

// flow looks for the function that declares a variable, which may be one in
// another; nil if there is none, or more than one.
func (t *tree) flow(k flowKey, steps *int) *flow {
	var found *flow
	several := false
	try := func(fn function) {
		w := &flowWalker{fset: t.fset, name: k.name, decl: k.decl, part: k.part, steps: steps}
		if f := w.walk(fn); f.declared {
			found, several = f, several || found != nil
		}
	}
	within := func(n ast.Node) bool {
		return t.fset.PositionFor(n.Pos(), false).Line <= k.decl && k.decl <= t.fset.PositionFor(n.End(), false).Line
	}
	for _, d := range t.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil || !within(f) {
			continue
		}
		try(function{f.Recv, f.Type, f.Body})
		ast.Inspect(f.Body, func(n ast.Node) bool {
			*steps++
			if l, ok := n.(*ast.FuncLit); ok && within(l) {
				try(function{nil, l.Type, l.Body})
			}
			return true
		})
	}
	if several {
		return nil
	}
	return found
}
