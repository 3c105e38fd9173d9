#!/bin/bash
#
# Submits facecls to Slurm: an array job of shards, and a job that merges their results.
set -euo pipefail

usage() {
  cat <<'END'
usage: submit.sh SHARDS [SBATCH-OPTION...] -- infer|run|align OPTION...

SHARDS         number of shards; 64%8 is 64 of which at most 8 run at a time
SBATCH-OPTION  of both jobs: --partition=, --account=, --time=, --cpus-per-task=, ...
OPTION         of facecls, without --shard, --resume and --overwrite

FACECLS        environment variable: the program, where facecls is not in the PATH

example: submit.sh 16 --time=4:00:00 -- infer --input_dir crops --output_dir results
END
}

fail() {
  printf 'submit.sh: %s\n' "$*" >&2
  exit 2
}

case ${1-} in
  -h | --help)
    usage
    exit 0
    ;;
esac
[[ ${1-} =~ ^([1-9][0-9]{0,5})(%[1-9][0-9]*)?$ ]] || {
  usage >&2
  exit 2
}
shards=${BASH_REMATCH[1]}
throttle=${BASH_REMATCH[2]}
shift

options=()
while [[ $# -gt 0 && $1 != -- ]]; do
  options+=("$1")
  shift
done
shift || fail 'expected -- between the options of sbatch and the command'
case ${1-} in
  infer | run | align) ;;
  *) fail "expected infer, run or align after --, received ${1:-nothing}" ;;
esac

# The folder of the results, which the merge has to know. facecls takes hyphens for underscores.
out=
previous=
for arg in "$@"; do
  name=${arg%%=*}
  name=${name//-/_}
  case $previous in
    __output_dir | __out_dir) out=$arg ;;
    *)
      case $name in
        __output_dir | __out_dir) if [[ $arg == *=* ]]; then out=${arg#*=}; fi ;;
        __shard) fail "$arg: every task of the array gets its own; leave it out" ;;
        __overwrite) fail "$arg: a task that is started again would lose its work; remove the results instead" ;;
      esac
      ;;
  esac
  previous=${arg//-/_}
done
[[ -n $out ]] || fail 'expected --output_dir (align: --out_dir)'
for folder in "$out"/shard-*-of-*; do
  if [[ -d $folder && ${folder##*-of-} != "$shards" ]]; then
    fail "$folder is of ${folder##*-of-} shards, not of $shards; give that number, remove it, or give another folder"
  fi
done

FACECLS=$(command -v "${FACECLS:-facecls}") ||
  fail "${FACECLS:-facecls} is not found; set FACECLS to the path of the program"
export FACECLS

job=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/facecls.sbatch
# Before bash 4.4, an array without elements counts as unset. sbatch answers ID, or ID;CLUSTER.
# The number of shards goes with the command, so that a task run again alone is the same shard.
array=$(sbatch --parsable ${options[@]+"${options[@]}"} --array="0-$((shards - 1))$throttle" \
  "$job" "$@" --shard "slurm/$shards")
array=${array%%;*}
echo "array job $array: $1 in $shards shards (--shard slurm/$shards), into $out/shard-*-of-$shards"

# Without the last option, the merge of an array with a task that failed would wait for ever.
merge=$(sbatch --parsable ${options[@]+"${options[@]}"} --job-name=facecls-merge --cpus-per-task=1 \
  --dependency="afterok:$array" --kill-on-invalid-dep=yes \
  "$job" merge --inputs "$out" --output_dir "$out")
echo "merge job ${merge%%;*}: into $out, when all tasks have succeeded"
