package dump

// walk reads all there is in a dump, at most limit values, and tells how many
// it saw. It calls every method that a printer might.
func walk(d *Dump, limit int) int {
	w := &walker{left: limit}
	d.Meta()
	d.Stats()
	d.Damage()
	d.ReadMemory(0x1000, make([]byte, 100))
	for range d.Losses() {
	}
	for f := range d.Sources() {
		d.Source(f.Path)
	}
	for t := range d.Types() {
		w.typ(t)
		if w.left--; w.left < 0 {
			return limit
		}
	}
	for f := range d.Functions() {
		_ = f.Name() + f.Package() + f.File()
	}
	for v := range d.Globals() {
		w.variable(v)
	}
	c := d.Cause()
	w.value(c.Value(), 0)
	c.Frame()
	c.AskFrame()
	for g := range d.Goroutines() {
		if w.left < 0 {
			break
		}
		w.goroutine(g)
	}
	return limit - w.left
}

type walker struct{ left int }

func (w *walker) typ(t Type) {
	_ = t.Name() + t.Kind().String() + t.ChanDir().String()
	t.Elem()
	t.Key()
	t.In()
	t.Out()
	t.Methods()
	t.Consts()
	for i := range min(t.NumField(), 100) {
		t.Field(i)
	}
	w.value(t.d.At(t, 0x1000), 0)
}

func (w *walker) goroutine(g Goroutine) {
	_ = g.Status().String() + g.WaitReason()
	g.WaitTime()
	g.Created()
	g.Start()
	g.Labels()
	g.Elided()
	g.Errors()
	for _, p := range g.Panics() {
		p.Frame()
		w.value(p.Value(), 0)
	}
	for _, x := range g.Waits() {
		ch, _ := x.Chan()
		elem, _ := x.Elem()
		w.value(ch, 0)
		w.value(elem, 0)
	}
	for _, x := range g.Defers() {
		x.Frame()
		fv, _ := x.Func()
		w.captured(fv, 0)
	}
	for f := range g.Frames() {
		if w.left--; w.left < 0 {
			return
		}
		f.Location()
		f.PC()
		f.CFA()
		f.SP()
		f.NoVariables()
		f.Hidden()
		for _, v := range f.Variables() {
			w.variable(v)
		}
		if f.Index() < 10 {
			f.Defers()
		}
	}
}

func (w *walker) variable(v Variable) {
	_ = v.Name() + v.Kind().String() + v.Type().String()
	v.Escaped()
	w.value(v.Value(), 0)
}

func (w *walker) captured(f FuncValue, depth int) {
	for _, v := range f.Captured {
		w.value(v.Value(), depth+1)
	}
}

// value reads a value with every method, and what hangs on it.
func (w *walker) value(v Value, depth int) {
	if w.left--; w.left < 0 || depth > 8 {
		return
	}
	v.Stub()
	v.Bool()
	v.Int()
	v.Uint()
	v.Float()
	v.Complex()
	v.Pointer()
	v.IsNil()
	v.Cap()
	v.Text(64)
	if v.Type().Size() < 1<<16 {
		v.Bytes()
	}
	v.FieldByName("no such field")
	if !v.Valid() {
		return
	}
	if elem := v.Elem(); elem.Valid() {
		w.value(elem, depth+1)
	}
	for i := range v.NumField() {
		if w.left < 0 {
			return
		}
		w.value(v.Field(i), depth+1)
	}
	n, _ := v.Len()
	kept, _ := v.Kept()
	for i := range min(n, 4) {
		w.value(v.Index(i), depth+1)
	}
	for _, i := range []int64{-1, kept, n - 1, n} {
		w.value(v.Index(i), depth+1)
	}
	count := 0
	for k, e := range v.Entries() {
		w.value(k, depth+1)
		w.value(e, depth+1)
		if count++; count > 8 {
			break
		}
	}
	if info, ok := v.ChanInfo(); ok {
		for _, x := range append(info.Recv, info.Send...) {
			w.value(x.Elem, depth+1)
		}
	}
	if f, ok := v.Func(); ok {
		w.captured(f, depth)
	}
}
