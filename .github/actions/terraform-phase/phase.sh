#!/usr/bin/env bash
# Run one phase of terraform, PHASE, in PHASE_DIRECTORY; the plan waits in the runner's own folder.
set -euo pipefail

readonly PLAN="${RUNNER_TEMP:?}/terraform-phase.plan"

refuse() {
  printf '::error title=terraform::%s\n' "$1"
  exit 1
}

# add_options NAME LINES: an option of that name for each line that is not empty, in $options.
add_options() {
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    if [[ -n $line ]]; then options+=("$1=$line"); fi
  done <<<"$2"
}

export_variables() {
  local line name value
  while IFS= read -r line; do
    line=${line%$'\r'}
    [[ -n $line ]] || continue
    name=${line%%=*}
    if [[ $line != *=* || ! $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then
      refuse "a line of the variables is no NAME=value; it is not shown, for it may be secret"
    fi
    value=${line#*=}
    # GitHub masks the secret's lines as they are, and not what stands behind the name.
    if ((${#value} > 3)); then printf '::add-mask::%s\n' "${value//\%/%25}"; fi
    export "$name=$value"
  done <<<"${PHASE_VARIABLES:-}"
}

export TF_IN_AUTOMATION=true TF_INPUT=false
export_variables
unset PHASE_VARIABLES
cd -- "${PHASE_DIRECTORY:-.}" || refuse "there is no such working directory in the repository"

options=()
case ${PHASE:-} in
  init)
    add_options -backend-config "${PHASE_BACKEND_CONFIG:-}"
    exec terraform init -no-color "${options[@]+"${options[@]}"}"
    ;;
  fmt) exec terraform fmt -no-color -check -diff -recursive ;;
  validate) exec terraform validate -no-color ;;
  plan)
    add_options -var-file "${PHASE_VAR_FILES:-}"
    code=0
    terraform plan -no-color -lock-timeout=5m -detailed-exitcode -out="$PLAN" \
      "${options[@]+"${options[@]}"}" || code=$?
    case $code in # 0: nothing to change, 2: something
      0) printf 'changes=false\n' >>"$GITHUB_OUTPUT" ;;
      2) printf 'changes=true\n' >>"$GITHUB_OUTPUT" ;;
      *) exit "$code" ;;
    esac
    ;;
  apply) exec terraform apply -no-color -lock-timeout=5m "$PLAN" ;;
  *) refuse "no phase of terraform: write init, fmt, validate, plan or apply" ;;
esac
