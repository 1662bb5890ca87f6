import style from './ResultTable.module.css';

/** The head of a group of rows, with one box for all of them. */
export function GroupHead({
  title,
  columns,
  names,
  chosen,
  disabled,
  onChoose,
}: {
  readonly title: string;
  /** Of the whole table. */
  readonly columns: number;
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  readonly disabled: boolean;
  readonly onChoose: (names: readonly string[], wanted: boolean) => void;
}) {
  const count = names.filter((name) => chosen.includes(name)).length;
  return (
    <tr className={style.group}>
      <th scope="rowgroup" colSpan={columns}>
        <label>
          <input
            type="checkbox"
            checked={count === names.length}
            ref={(box) => {
              if (box) box.indeterminate = count > 0 && count < names.length;
            }}
            disabled={disabled}
            aria-label={`Run all of ${title}`}
            onChange={(event) => onChoose(names, event.target.checked)}
          />
          {title}
        </label>
      </th>
    </tr>
  );
}
