// Package framework calls handlers through frames that nobody wants to see, and
// says so without importing anything that could read it.
package framework

// postmortemRules are rules for those who look at a dump of a program with
// this package. The assignment in init keeps the variable in the executable.
var postmortemRules string

func init() {
	postmortemRules = `
hide   github.com/gopostmortem/postmortem/testdata/behaviour/rules/framework.(*Router).*
insert github.com/gopostmortem/postmortem/testdata/behaviour/rules/framework.Serve "{r.Method} {r.Path}"
`
}

// Request is what a handler is called with.
type Request struct {
	Method, Path string
	Retries      *int
}

// Handler handles requests.
type Handler interface{ Handle(r *Request) }

// Router finds the handler of a request.
type Router struct{ handlers map[string]Handler }

// Add adds a handler.
func (t *Router) Add(path string, h Handler) {
	if t.handlers == nil {
		t.handlers = map[string]Handler{}
	}
	t.handlers[path] = h
}

//go:noinline
func (t *Router) route(r *Request) { t.call(t.handlers[r.Path], r) }

//go:noinline
func (t *Router) call(h Handler, r *Request) {
	h.Handle(r)
	r.Path += "" // not a tail call
}

// Serve handles one request.
//
//go:noinline
func Serve(t *Router, r *Request) {
	t.route(r)
	r.Method += ""
}
