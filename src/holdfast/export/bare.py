"""The graph alone, with a note on how to use it from other languages."""

import json
from pathlib import Path

from holdfast.export.folder import write_folder
from holdfast.model.model import Model
from holdfast.model.package import GRAPH
from holdfast.model.schema import NUMERIC, Field
from holdfast.serve.shelf import example_of

USAGE = """\
# {target}: how to use model.onnx

The graph was compiled by Holdfast and is the whole model: gaps, unseen categories and scaling are inside.

| input | type, shape | columns, in this order |
|---|---|---|
{inputs}

Numbers: a gap is NaN, a truth 0 or 1, a date the seconds since 1970-01-01 (UTC). Strings: a gap is "".
It answers `{output}`: {meaning}.

ONNX Runtime {runtime} or newer runs it. The examples ask for one row and print the answer.

## Python

```python
{python}```

## JavaScript (Node; `npm install onnxruntime-node`)

```javascript
{javascript}```

## C++

```cpp
{cpp}```

## Java

```java
{java}```
"""

PYTHON = """\
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
{fill}print(session.run(["{output}"], {{{feeds}}})[0])
"""

JAVASCRIPT = """\
const ort = require("onnxruntime-node");

(async () => {{
  const session = await ort.InferenceSession.create("model.onnx");
{fill}  const answer = await session.run({{{feeds}}}, ["{output}"]);
  console.log(Array.from(answer.{output}.data));
}})();
"""

CPP = """\
#include <onnxruntime_cxx_api.h>
#include <iostream>
#include <vector>

int main() {{
  Ort::Env env;
  Ort::Session session(env, "model.onnx", Ort::SessionOptions{{}});
  std::vector<const char*> names;
  std::vector<Ort::Value> values;
{fill}  const char* outputs[] = {{"{output}"}};
  auto answer = session.Run(Ort::RunOptions{{}}, names.data(), values.data(), values.size(), outputs, 1);
  const double* found = answer[0].GetTensorData<double>();
  for (size_t k = 0; k < answer[0].GetTensorTypeAndShapeInfo().GetElementCount(); ++k) std::cout << found[k] << "\\n";
}}
"""

JAVA = """\
import ai.onnxruntime.*;
import java.util.*;

public class Use {{
  public static void main(String[] arguments) throws OrtException {{
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    OrtSession session = env.createSession("model.onnx");
    Map<String, OnnxTensor> given = new HashMap<>();
{fill}    Object answer = session.run(given, Set.of("{output}")).get(0).getValue();
    System.out.println(answer instanceof double[][] rows ? Arrays.toString(rows[0]) : Arrays.toString((double[]) answer));
  }}
}}
"""


def write_bare(model: Model, folder: Path, out: Path) -> None:
    """Write model.onnx and USAGE.md, made from the model's own schema, to the folder `out`."""
    write_folder(out, {"model.onnx": (folder / GRAPH).read_bytes(), "USAGE.md": usage(model).encode()})


def usage(model: Model) -> str:
    """Tell what goes in and out, and show it in four languages."""
    taken = [each.name for each in model.graph_inputs]
    columns = {
        "numbers": [field for field in model.schema.fields if field.type in NUMERIC],
        "strings": [field for field in model.schema.fields if field.type not in NUMERIC],
    }
    used = {name: columns[name] for name in taken}
    types = {"numbers": "double [rows, {}]", "strings": "string [rows, {}]"}
    inputs = "\n".join(
        f"| `{name}` | {types[name].format(len(fields))} | {', '.join(f'`{field.name}`' for field in fields)} |"
        for name, fields in used.items()
    )
    output = model.graph_output
    meaning = "double [rows], the value"
    if model.classes:
        meaning = (
            f"double [rows, {len(model.classes)}], the probability of each of {json.dumps(model.classes)}; ask for `label` too, "
            f"int64 [rows], and it gives the place of the class that is answered"
        )
    if model.several:
        held = [
            f"the probability of each of {json.dumps(each.classes)}" if each.classes else "the value"
            for each in model.outputs
        ]
        parts = "; ".join(f"`{each.target}`: {words}" for each, words in zip(model.outputs, held, strict=True))
        meaning = f"double [rows, {sum(each.width for each in model.outputs)}], side by side {parts}"
    rows = {name: [_cell(field) for field in fields] for name, fields in used.items()}
    feeds = ", ".join(f'"{name}": {name}' for name in used)
    return USAGE.format(
        target=model.target,
        inputs=inputs,
        output=output,
        meaning=meaning,
        runtime=model.manifest.get("versions", {}).get("onnxruntime", "1.20"),
        python=PYTHON.format(fill=_fill(rows, _PYTHON), output=output, feeds=feeds),
        javascript=JAVASCRIPT.format(fill=_fill(rows, _JAVASCRIPT), output=output, feeds=", ".join(used)),
        cpp=CPP.format(fill=_fill(rows, _CPP), output=output),
        java=JAVA.format(fill=_fill(rows, _JAVA), output=output),
    )


_PYTHON = {
    "numbers": "numbers = np.array([[{cells}]])\n",
    "strings": "strings = np.array([[{cells}]], dtype=object)\n",
}
_JAVASCRIPT = {
    "numbers": '  const numbers = new ort.Tensor("float64", Float64Array.from([{cells}]), [1, {n}]);\n',
    "strings": '  const strings = new ort.Tensor("string", [{cells}], [1, {n}]);\n',
}
_CPP = {
    "numbers": (
        "  std::vector<double> numbers{{{cells}}};\n  int64_t numbers_shape[] = {{1, {n}}};\n"
        '  auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);\n  names.push_back("numbers");\n'
        "  values.push_back(Ort::Value::CreateTensor<double>(memory, numbers.data(), {n}, numbers_shape, 2));\n"
    ),
    "strings": (
        "  std::vector<const char*> strings{{{cells}}};\n  int64_t strings_shape[] = {{1, {n}}};\n"
        "  Ort::AllocatorWithDefaultOptions allocator;\n"
        "  auto words = Ort::Value::CreateTensor(allocator, strings_shape, 2, ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);\n"
        '  words.FillStringTensor(strings.data(), {n});\n  names.push_back("strings");\n  values.push_back(std::move(words));\n'
    ),
}
_JAVA = {
    "numbers": '    given.put("numbers", OnnxTensor.createTensor(env, new double[][] {{{{{cells}}}}}));\n',
    "strings": '    given.put("strings", OnnxTensor.createTensor(env, new String[][] {{{{{cells}}}}}));\n',
}


def _fill(rows: dict[str, list[str | float]], forms: dict[str, str]) -> str:
    return "".join(
        forms[name].format(cells=", ".join(json.dumps(cell) for cell in cells), n=len(cells))
        for name, cells in rows.items()
    )


def _cell(field: Field) -> str | float:
    """An example of a field as the graph takes it."""
    read = field.reader.number if field.type in NUMERIC else field.reader.text
    cell: str | float = read(example_of(field))
    return cell
