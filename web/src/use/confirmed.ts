/** Asks once before what can't be undone. */
import { ElMessageBox } from 'element-plus'

export async function confirmed(question: {
  title: string
  lead: string
  act: string
  cancel: string
}): Promise<boolean> {
  try {
    await ElMessageBox.confirm(question.lead, question.title, {
      confirmButtonText: question.act,
      cancelButtonText: question.cancel,
      confirmButtonClass: 'el-button--danger',
    })
    return true
  } catch {
    return false
  }
}
