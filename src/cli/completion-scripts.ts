/**
 * The scripts of `facecls completion`. All go the same way: from the words before the cursor to the command and
 * the option that waits for a value, and from these to what may follow. An option is completed in the spelling
 * in which it was begun, `--in_d` to `--in_dir` and `--in-d` to `--in-dir`.
 */
import type { CommandLine, Described, Value } from '../commands/completion.js';

/** Runs in bash 3.2 too, as on macOS; only there a folder is followed by a space. */
export function bashScript(line: CommandLine): string {
  return `# Completion of facecls ${line.version} for bash, written by \`facecls completion bash\`.
_facecls() {
  local IFS=$' \\t\\n'
  local current=\${COMP_WORDS[COMP_CWORD]} prefix= word i
${VARIABLES}
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
${NEXT_WORD}
  done
  # Bash takes = for a word of its own, unless COMP_WORDBREAKS says otherwise.
  [[ $current == '=' ]] && current=
  if [[ $current == --*=* ]]; then
    prefix=\${current%%=*}=
${ATTACHED_VALUE}
    current=\${current#*=}
  fi
${valueCases(line)}
  if ${IS_VALUE}; then
    case $kind in
      words)
        COMPREPLY=($(compgen -P "$prefix" -W "$candidates" -- "$current"))
        ;;
      files | folders)
        local names=file default=default
        [[ $kind == folders ]] && names=directory default=dirnames
        while IFS= read -r word; do
          COMPREPLY+=("$word")
        done < <(compgen -P "$prefix" -A $names -- "$current")
        # Where none was found, the shell looks itself: it knows quotes.
        compopt -o filenames -o $default 2>/dev/null
        ;;
    esac
    return
  fi
  local options= choices=
  case $command in
    '') options='${names(line.options)}' choices='${names(line.commands)}' ;;
${each(line.commands, ({ name, options, choices }) => `    ${name}) options='${names(options)}' choices='${choices.join(' ')}' ;;`)}
  esac
  if [[ $current == -* || -z $choices ]]; then
    candidates=$options
    [[ $current == --*-* ]] && candidates=\${candidates//_/-}
  elif [[ $values == 0 ]]; then
    candidates=$choices
  fi
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -F _facecls facecls`;
}

export function zshScript(line: CommandLine): string {
  const list = (items: readonly Described[]) =>
    items.map(({ name, description }) => quoted(`${name}:${oneLine(description)}`)).join(' ');
  return `#compdef facecls
# Completion of facecls ${line.version} for zsh, written by \`facecls completion zsh\`.
_facecls() {
  local current=$words[CURRENT] word
${VARIABLES}
  for word in "\${(@)words[2,CURRENT-1]}"; do
${NEXT_WORD}
  done
  if [[ $current == --*=* ]]; then
${ATTACHED_VALUE}
    compset -P '*='
  fi
${valueCases(line)}
  if ${IS_VALUE}; then
    case $kind in
      words) compadd -- \${=candidates} ;;
      files) _files ;;
      folders) _files -/ ;;
    esac
    return
  fi
  local -a options choices dashed
  case $command in
    '') options=(${list(line.options)}) choices=(${list(line.commands)}) ;;
${each(line.commands, ({ name, options, choices }) => `    ${name}) options=(${list(options)}) choices=(${choices.join(' ')}) ;;`)}
  esac
  if [[ $current == --*-* ]]; then
    for word in "\${(@)options}"; do
      dashed+=("\${\${word%%:*}//_/-}:\${word#*:}")
    done
    options=("\${(@)dashed}")
  fi
  if [[ $current == -* || $#choices == 0 ]]; then
    _describe -o option options
  elif [[ $values == 0 ]]; then
    _describe value choices
  fi
}
# Autoloaded, it is called at once; read by \`source\`, it only makes itself known.
if [[ $funcstack[1] == _facecls ]]; then
  _facecls "$@"
else
  compdef _facecls facecls
fi`;
}

export function fishScript(line: CommandLine): string {
  const list = (items: readonly Described[]) =>
    items.map(({ name, description }) => `${name} ${fishQuoted(oneLine(description))}`).join(' ');
  const patterns = ({ where }: ValueCase) => where.map((each) => `'${each}'`).join(' ');
  return `# Completion of facecls ${line.version} for fish, written by \`facecls completion fish\`.
function __facecls_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l prefix ''
    set -l command ''
    set -l option ''
    set -l values 0
    set -l kind ''
    set -l several no
    set -l offered
    set -e words[1]
    for word in $words
        switch $word
            case '--*=*' '-?'
                set option ''
                set values 0
            case '--*'
                set option --(string replace -a - _ -- (string sub -s 3 -- $word))
                set values 0
            case '*'
                if test -z "$command"
                    set command $word
                    set option ''
                else
                    set values (math $values + 1)
                end
        end
    end
    if string match -q -- '--*=*' $current
        set prefix (string replace -r '=.*' = -- $current)
        set option --(string replace -a - _ -- (string sub -s 3 -- (string replace = '' -- $prefix)))
        set values 0
        set current (string replace -r '^[^=]*=' '' -- $current)
    end
    switch "$command $option"
${each(casesOf(line), (found) => `        case ${patterns(found)}\n            set kind ${kindOf(found.value)}${found.isVariadic ? '\n            set several yes' : ''}${isList(found.value) ? `\n            set offered ${found.value.join(' ')}` : ''}`)}
    end
    if test -n "$kind"; and begin
            test $values = 0
            or test $several = yes; and not string match -q -- '-*' $current
        end
        switch $kind
            case words
                printf '%s\\n' $prefix$offered
            case files
                for found in (__fish_complete_path $current)
                    printf '%s\\n' $prefix$found
                end
            case folders
                for found in (__fish_complete_directories $current)
                    printf '%s\\n' $prefix$found
                end
        end
        return
    end
    set -l options
    set -l choices
    switch $command
        case ''
            set options ${list(line.options)}
            set choices ${list(line.commands)}
${each(line.commands, ({ name, options, choices }) => `        case ${name}\n            set options ${list(options)}\n            set choices ${choices.map((choice) => `${choice} ''`).join(' ')}`)}
    end
    set offered
    if string match -q -- '-*' $current; or not set -q choices[1]
        set offered $options
    else if test $values = 0
        set offered $choices
    end
    while set -q offered[1]
        if string match -q -- '--*-*' $current
            set offered[1] (string replace -a _ - -- $offered[1])
        end
        printf '%s\\t%s\\n' $offered[1..2]
        set -e offered[1..2]
    end
end
complete -c facecls -e
complete -c facecls -f -a '(__facecls_complete)'`;
}

/* What bash and zsh have in common. */

const VARIABLES = `  local command= option= values=0 kind= candidates= several=`;

/** Of each word before the cursor: \`option\` is the last one, and \`values\` how many words came after it. */
const NEXT_WORD = `    case $word in
      '=') ;;
      --*=* | -[!-]*) option= values=0 ;;
      --*)
        option=\${word//-/_}
        option=--\${option:2}
        values=0
        ;;
      *)
        if [[ -z $command ]]; then
          command=$word
          option=
        else
          values=$((values + 1))
        fi
        ;;
    esac`;

const ATTACHED_VALUE = `    option=\${current%%=*}
    option=\${option//-/_}
    option=--\${option:2}
    values=0`;

const IS_VALUE = '[[ -n $kind && ($values == 0 || -n $several && $current != -*) ]]';

function valueCases(line: CommandLine): string {
  return `  case "$command $option" in
${each(casesOf(line), ({ where, value, isVariadic }) => {
  const candidates = isList(value) ? ` candidates='${value.join(' ')}'` : '';
  const patterns = where.map((pattern) => `'${pattern}'`).join(' | ');
  return `    ${patterns}) kind=${kindOf(value)}${isVariadic ? ' several=1' : ''}${candidates} ;;`;
})}
  esac`;
}

/* What all have in common. */

interface ValueCase {
  /** Each a command and an option: `infer --device`. */
  readonly where: string[];
  readonly value: Value;
  readonly isVariadic: boolean;
}

/** Options that take a value, those with the same values together. */
function casesOf({ commands }: CommandLine): ValueCase[] {
  const cases = new Map<string, ValueCase>();
  for (const { name: command, options } of commands) {
    for (const { name, value, isVariadic } of options) {
      if (value === undefined) continue;
      const key = JSON.stringify([value, isVariadic]);
      const found = cases.get(key) ?? { where: [], value, isVariadic };
      found.where.push(`${command} ${name}`);
      cases.set(key, found);
    }
  }
  return [...cases.values()];
}

function kindOf(value: Value): string {
  return isList(value) ? 'words' : value;
}

function isList(value: Value): value is readonly string[] {
  return typeof value === 'object';
}

function names(items: readonly Described[]): string {
  return items.map(({ name }) => name).join(' ');
}

function each<T>(items: readonly T[], text: (item: T) => string): string {
  return items.map(text).join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** In single quotes, for bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** In single quotes, in which fish knows two escapes. */
function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
