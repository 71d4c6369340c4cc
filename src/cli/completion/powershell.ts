// The completion script of PowerShell, of Windows PowerShell 5.1 and of PowerShell 7 on any system.
import type { Flag } from '../../options/describe.ts';
import { names, spellings, withValue, type CompletedCommand } from './shared.ts';

export function powershell(commands: readonly CompletedCommand[]): string {
  const list = (words: readonly string[]): string => `@(${words.map(doubled).join(', ')})`;
  const table = (rows: readonly (readonly [string, readonly string[]])[]): string =>
    rows.map(([key, words]) => `    ${doubled(key)} = ${list(words)}`).join('\n');
  const values = withValue(commands);
  const rows = (name: string, flags: readonly Flag[], of: (flag: Flag) => string): string =>
    flags
      .flatMap((flag) => spellings(flag).map((spelling) => `$${name}[${doubled(spelling)}] = ${of(flag)}`))
      .join('\n  ');
  const pairs = values.filter((flag) => flag.listed !== undefined && flag.names === 'file');
  return `# powershell completion of comfy-gen: comfy-gen completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName comfy-gen -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $flags = @{
${table(commands.map((c) => [c.name, c.options.flatMap(spellings)] as const))}
  }
  $words = @{
${table(commands.flatMap((c) => (c.words === undefined || c.words === 'file' ? [] : [[c.name, c.words] as const])))}
  }
  # Options that take a value: its choices, or the kind of names that the last run saw on the server, or nothing.
  # -s and -S, like -n and -N, are different here: a table that minds case
  $options = New-Object System.Collections.Hashtable
  ${rows('options', values, ({ choices, listed }) => (choices !== undefined ? list(choices) : listed !== undefined ? doubled(listed) : '@()'))}
  # Those whose value is one of these beginnings or a name and a colon, then a file.
  $pairs = New-Object System.Collections.Hashtable
  ${rows('pairs', pairs, ({ starts = [] }) => list(starts))}
  function unquoted($text) { ($text -replace '^[''"]', '') -replace '[''"]$', '' }
  function valuesOf($kind, $typed) {
    $before = [Console]::OutputEncoding
    try {
      [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding
      @(& comfy-gen completion values $kind $typed 2>$null)
    } finally { [Console]::OutputEncoding = $before }
  }
  $command = $null; $kind = $null; $previous = ''; $skip = $true
  foreach ($element in $commandAst.CommandElements) {
    if ($element.Extent.StartOffset -ge $cursorPosition) { break }
    if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete) { break }
    $text = $element.Extent.Text
    if ($skip) { $skip = $false }
    elseif ($options.ContainsKey($text)) { $skip = $true }
    elseif ($text -notlike '-*') { if ($null -eq $command) { $command = $text } elseif ($null -eq $kind) { $kind = unquoted $text } }
    $previous = $text
  }
  $typed = unquoted $wordToComplete
  $prefix = ''
  if ($typed -match '^(--[a-z0-9-]+)=(.*)$') { # a value behind its option's =
    $previous = $Matches[1]; $typed = $Matches[2]; $prefix = "$previous="
  }
  $taker = if ($null -ne $command -and $flags.ContainsKey($command)) { $command } else { ${doubled(commands[0]?.name ?? '')} }
  $found = if ($options.ContainsKey($previous)) {
    $source = $options[$previous]
    $starts = @($pairs[$previous])
    if ($pairs.ContainsKey($previous) -and $typed -match "^($(($starts + '[^:]*:') -join '|'))(.*)\$") {
      $prefix += $Matches[1]; $typed = $Matches[2]
      [System.Management.Automation.CompletionCompleters]::CompleteFilename($typed) | ForEach-Object { unquoted $_.CompletionText }
      $typed = ''
    } elseif ($pairs.ContainsKey($previous)) { $starts; valuesOf $source $typed | ForEach-Object { "\${_}:" } }
    elseif ($source -is [string]) { valuesOf $source $typed }
    else { $source }
  }
  elseif ($wordToComplete -like '-*') { $flags[$taker] }
  elseif ($null -eq $command) { ${list(names(commands))} }
  elseif ($null -eq $kind -and $words.ContainsKey($taker)) { $words[$taker] }
  elseif (${list(commands.flatMap((c) => (c.lists === true ? [c.name] : [])))} -ccontains $taker) { valuesOf $kind $typed }
  $found | Where-Object { $_ -and "$_".StartsWith($typed, [StringComparison]::OrdinalIgnoreCase) } | ForEach-Object {
    $word = "$prefix$_"
    # what PowerShell would take apart or run is quoted
    $written = if ($word -match '^@|[^\\w./\\\\:=+@-]') { "'" + $word.Replace("'", "''") + "'" } else { $word }
    [System.Management.Automation.CompletionResult]::new($written, "$_", 'ParameterValue', "$_")
  }
}
`;
}

/** A word in single quotes for powershell. */
function doubled(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
