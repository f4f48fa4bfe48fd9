from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import sys
from lambdas.inventory_optimizer.maths.special import special as ours
light = "numpy.f2py" not in sys.modules and "scipy.special" not in sys.modules
import scipy.special as theirs
from scipy import stats
names = ("gammaincc", "gammainc", "gammaincinv", "betainc", "binom", "ndtr", "ndtri", "xlogy", "xlog1py", "gammaln")
same = [name for name in names if getattr(ours, name) is getattr(theirs, name)]
print(light, len(same) == len(names), theirs.logsumexp([0.0, 0.0]) > 0.69, stats.norm.cdf(0.0))
"""


def test_the_functions_are_scipys_and_a_whole_import_afterwards_is_whole() -> None:
    ran = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.split() == ["True", "True", "True", "0.5"]


def test_where_scipy_is_loaded_already_its_own_module_is_used() -> None:
    program = "import scipy.special; from lambdas.inventory_optimizer.maths.special import special\n"
    program += "print(special is scipy.special)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "True"
